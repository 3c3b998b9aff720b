"""The activities service: the catalogue, its seats, and the matching beside them."""
