"""From a case to a segmentation: device, planes, vote, engine. Torch is imported when a network runs, not before."""

from .slices import predict_slices as predict_slices
