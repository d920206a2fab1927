"""Cases that run in the real 3D Slicer; see run.py beside this folder."""
