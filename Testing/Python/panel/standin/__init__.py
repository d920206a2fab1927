"""A stand-in for the parts of 3D Slicer's Qt world that the panel uses: PySide6 in PythonQt's ways, real MRML.

Every name is held against `slicer_names.json`, read out of the real application, so that the panel cannot come to
rely on anything that Slicer lacks.
"""
