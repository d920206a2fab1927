"""The parts of a head as depths below their surfaces, in the head frame of `anatomy`, mirrored at the midline.

All take x >= 0 (distance from the midline), y, z (N,), mm, and give mm, positive inside. Positions and sizes were
read off the MNI152 atlas to a few millimetres.
"""

from __future__ import annotations

import numpy as np

from .shapes import boxy_ellipsoid, common, ellipsoid, tube, united


def cerebral_hull(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Both hemispheres without sulci or fissures."""
    # Narrower in front, widest behind the ear.
    width = 1 - 0.0016 * (y - 25) * np.where(y < 25, np.float32(-1), np.float32(0.6))
    vault = boxy_ellipsoid(x / width, y, z, (0, 17, 8), (64, 80, 64))
    # Below lie the roof of the orbits in front and the tentorium behind, which rises to the midline.
    orbit = -17 + 5 * np.exp(-((x - 30) ** 2) / 300) - 0.04 * (y + 20)
    tentorium = _tentorium(x, y) + 1.5
    behind = np.clip((y - 4) / 34, 0, 1)
    behind = behind * behind * (3 - 2 * behind)
    upper = common(vault, z - (orbit + (tentorium - orbit) * behind), 6)
    # The temporal lobe hangs forward and down.
    tilted = z + 17 - 0.22 * (y - 10)
    temporal = ellipsoid(x, y, tilted, (39, 14, 0), (20, 41, 18))
    return united(upper, temporal, 5)


def _tentorium(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the tentorium: its apex lies behind the midbrain."""
    ridge = np.clip((82 - y) / 40, 0, 1.1)
    return np.float32(-18) + 12 * ridge * np.exp(-(x * x) / 500)


def fissures(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distance from the fluid between the hemispheres, from those of its walls that carry cortex, and from the
    fluid of the Sylvian fissure."""
    # The fissure between the hemispheres ends at the corpus callosum.
    arch = ellipsoid(np.zeros_like(x), y, z, (0, 5, 3), (1e3, 38, 23))
    between = np.maximum(x - 0.6, arch)
    between_cortex = np.maximum(x - 0.6, arch + 5)
    # The Sylvian fissure: a winding slit that rises backwards, and a second slit over the insula, which bulges.
    winding = 0.22 * (x - 38) + 2.2 * np.sin((x - 38) * np.float32(0.25))
    rise = (z + 9 - 0.42 * (y + 12) - winding) * np.float32(0.9)
    slit = np.maximum(np.maximum(np.abs(rise) - 0.8, 38 - x), np.abs(y - 11) - 31)
    bulge = 40.5 - 6 * ((y - 7) * np.float32(1 / 23)) ** 2 - 3 * ((rise - 7) * np.float32(1 / 11)) ** 2
    insula = np.maximum(np.maximum(np.abs(x - bulge) - 0.7, np.abs(rise - 8) - 10), np.abs(y - 7) - 23)
    return between, between_cortex, np.minimum(slit, insula)


def cerebellum(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Both hemispheres of the cerebellum and the vermis, under the tentorium."""
    hemispheres = ellipsoid(x, y, z, (24, 62, -32), (30, 31, 27))
    vermis = ellipsoid(x, y, z, (0, 60, -28), (18, 28, 26))
    return common(united(hemispheres, vermis, 6), _tentorium(x, y) - 1.5 - z, 4)


def stem(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Midbrain with peduncles, pons with the arms to the cerebellum, medulla."""
    midbrain = ellipsoid(x, y, z, (0, 24, -12), (17, 13, 11))
    peduncle = tube(x, y, z, [(8, 16, -16, 6), (15, 10, -2, 8)])
    pons = ellipsoid(x, y, z, (0, 27, -29), (18, 13, 14))
    arm = tube(x, y, z, [(12, 32, -30, 7), (24, 50, -32, 6)])
    medulla = tube(x, y, z, [(0, 34, -38, 10), (0, 42, -52, 8), (0, 46, -62, 7)])
    upper = united(united(midbrain, peduncle, 5), pons, 5)
    return united(united(upper, medulla, 6), arm, 4)


def nuclei(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Deep grey nuclei with the share of grey matter in each."""
    thalamus = ellipsoid(x - 0.25 * (y - 18), y, z, (11, 18, 8), (9, 15, 10))
    caudate = tube(x, y, z, [(12, -18, 4, 5.5), (15, -4, 15, 5), (17, 12, 22, 2.5), (22, 26, 20, 1.5)])
    tilted = x - 0.28 * (y + 0)
    putamen = ellipsoid(tilted, y, z, (26, -1, 3), (5, 17, 11))
    pallidum = ellipsoid(tilted, y, z, (19, 2, 1), (4.5, 11, 7))
    hippocampus = tube(x, y, z, [(22, 6, -19, 7), (28, 20, -14, 5), (26, 34, -4, 4)])
    hypothalamus = ellipsoid(x, y, z, (0, 4, -9), (7, 11, 6))
    return [
        (thalamus, 0.85),
        (caudate, 1.0),
        (putamen, 1.0),
        (pallidum, 0.5),
        (hippocampus, 0.9),
        (hypothalamus, 0.8),
    ]


def ventricles(x: np.ndarray, y: np.ndarray, z: np.ndarray, size: float) -> np.ndarray:
    """Lateral, third and fourth ventricle and the cisterns around the midbrain; `size` scales the lateral."""
    s = size
    front_and_body = [
        (5, -29, 2, 2.2 * s),
        (8, -21, 10, 4.2 * s),
        (7, -4, 17, 4.4 * s),
        (10, 16, 22, 4.4 * s),
        (18, 33, 19, 4.6 * s),
        (24, 43, 9, 5.2 * s),
    ]
    occipital = [(24, 43, 9, 5.0 * s), (25, 55, 7, 3.0 * s), (25, 66, 5, 1.5 * s)]
    temporal = [(24, 43, 9, 4.6 * s), (32, 34, -4, 2.4 * s), (33, 18, -13, 1.6 * s), (29, 4, -18, 1.8 * s)]
    # Flattened from side to side near the midline, where the thin septum keeps the two apart.
    lateral = np.maximum(tube(x, y, z, front_and_body), tube(x, y, z, occipital))
    lateral = np.maximum(lateral, tube(x, y, z, temporal))
    lateral = np.minimum(lateral, x - 0.6)
    third = ellipsoid(x, y, z, (0, 14, 1), (1.3 + 1.1 * s, 14, 10))
    aqueduct = tube(x, y, z, [(0, 32, -8, 1.2), (0, 40, -24, 1.5)])
    fourth = ellipsoid(x, y, z, (0, 44, -30), (7, 5, 10))
    quadrigeminal = np.maximum(
        ellipsoid(x, y, z, (0, 37, -3), (11, 4, 8)),
        tube(x, y, z, [(8, 37, -6, 2.2), (19, 28, -10, 1.8), (20, 16, -14, 1.6)]),
    )
    suprasellar = ellipsoid(x, y, z, (0, 4, -19), (13, 9, 5))
    front = ellipsoid(x, y, z, (0, 13, -24), (5, 4, 8))
    cisterns = np.maximum(np.maximum(quadrigeminal, suprasellar), front)
    return np.maximum(np.maximum(lateral, third), np.maximum(np.maximum(aqueduct, fourth), cisterns))


def head_hull(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Skin, inner side of the subcutaneous fat, eyes with lens, and the air of nose and sinuses."""
    skull = boxy_ellipsoid(x, y, z, (0, 14, 4), (76, 96, 80))
    face = boxy_ellipsoid(x, y, z, (0, -18, -58), (60, 72, 70))
    neck = ellipsoid(x, y, z, (0, 30, -95), (58, 58, 90))
    skin = united(united(skull, face, 25), neck, 25)
    eyes = ellipsoid(x, y, z, (31, -66, -32), (12, 12, 12))
    nose = ellipsoid(x, y, z, (0, -66, -52), (12, 22, 20))
    sinus = np.maximum(ellipsoid(x, y, z, (28, -58, -62), (11, 14, 13)), ellipsoid(x, y, z, (8, -82, -6), (11, 4, 9)))
    mastoid = ellipsoid(x, y, z, (52, 38, -38), (5, 9, 10))
    return skin, skin - 5.5, eyes, np.maximum(np.maximum(nose, sinus), mastoid)
