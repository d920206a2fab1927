"""Simulated CT perfusion of patients whose lesions have real shapes: what the bundled CTP networks learn from.

Core shapes are expert lesion masks (SOOP, Absher et al., Sci Data 2024, 11:839, CC0), penumbra grows from them within
arterial territories; head, blood flow, scanner and vendor are simulated. No image is of a person, and nothing measured
here is performance on patients.
"""
