"""Training on slices drawn from several sources for ever, with lesions and missing sequences simulated."""
