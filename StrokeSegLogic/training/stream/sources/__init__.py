"""Where training slices come from; each module reads one data set or makes one kind of slice."""
