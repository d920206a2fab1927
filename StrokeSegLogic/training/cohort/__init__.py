"""Training on a data set's patients, epoch by epoch, as the papers did."""
