from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import Cancelled, InputError
from StrokeSegLogic.base.progress import CancelToken, Progress, hearing
from StrokeSegLogic.study.volumes.reader import read_volume
from StrokeSegLogic.study.volumes.voxel_stream import inflated

CONTENT = st.binary(max_size=3000)


@given(members=st.lists(CONTENT, min_size=1, max_size=4), padding=st.integers(0, 20), level=st.integers(0, 9))
def test_any_number_of_gzip_members_is_what_pythons_own_reader_makes_of_them(
    members: list[bytes], padding: int, level: int
) -> None:
    archive = b"".join(gzip.compress(member, level) + bytes(padding) for member in members)
    assert inflated(io.BytesIO(archive)).read() == gzip.decompress(archive) == b"".join(members)


@given(content=CONTENT, wrap=st.sampled_from([zlib.compress, gzip.compress]), behind=st.binary(max_size=50))
def test_a_zlib_stream_or_one_gzip_member_in_its_place_ends_where_it_ends(content: bytes, wrap, behind: bytes) -> None:
    assert inflated(io.BytesIO(wrap(content) + behind), "zlib").read() == content


@given(content=st.binary(min_size=1, max_size=3000), data=st.data())
def test_an_archive_that_is_cut_or_changed_is_never_taken_for_whole(content: bytes, data: st.DataObject) -> None:
    archive = gzip.compress(content)
    cut = data.draw(st.integers(1, len(archive) - 1))
    with pytest.raises((EOFError, zlib.error)):
        inflated(io.BytesIO(archive[:cut])).read()
    # Behind the header, whose time and system nobody checks.
    at = data.draw(st.integers(10, len(archive) - 1))
    changed = archive[:at] + bytes([archive[at] ^ 0xFF]) + archive[at + 1 :]
    with pytest.raises((EOFError, zlib.error)):
        inflated(io.BytesIO(changed)).read()


def test_what_stands_behind_a_member_and_is_none_is_damage() -> None:
    with pytest.raises(zlib.error):
        inflated(io.BytesIO(gzip.compress(b"voxels") + b"no member")).read()


@pytest.mark.parametrize("flag", [8, 16], ids=["name", "comment"])
@pytest.mark.parametrize("first", [b"", gzip.compress(b"a member before")], ids=["first", "second"])
def test_a_header_whose_name_does_not_end_is_refused(tmp_path: Path, flag: int, first: bytes) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_bytes(first + b"\x1f\x8b\x08" + bytes([flag]) + bytes(6) + b"x" * (16 << 20))
    with pytest.raises(InputError, match="not an intact NIfTI file"):
        read_volume(path)


def test_a_cancel_is_heard_within_a_header_that_does_not_end() -> None:
    token = CancelToken()
    token.cancel()
    endless = io.BytesIO(b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * (4 << 20))
    with hearing(Progress(None, token)), pytest.raises(Cancelled):
        inflated(endless).read()
