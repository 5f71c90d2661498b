"""Wrong backward passes, each written as a person writes it, with the true cause beside it."""
