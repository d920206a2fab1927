"""The only room that imports slicer: volumes, segmentations and results to and from 3D Slicer.

The panel, the writers of files and scripts call the same functions. `add_volume`, `read_volume`, `read_series`,
`add_segmentation`, `labels_of` and `add_result` work on nodes of any scene that they are given, in 3D Slicer
(`slicer.mrmlScene`) and outside. `write_segmentation` and `write_scene` need no scene: they make one of their own, so
that the user's stays as it is.

Importing this package does not import slicer; the first call does.
"""
