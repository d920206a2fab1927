"""Training of the bundled and the papers' models. Needs the extra "train"; nothing else imports this package."""
