"""Models on disk: a manifest and its weights, verified before use. No torch here."""
