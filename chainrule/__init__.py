"""Neural networks from scratch, in which every gradient can be seen, checked and explained."""
