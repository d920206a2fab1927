"""What stands behind the panel. Nothing here is imported before the module is opened."""
