"""The three services in memory, driven at random beside a small model of the domain."""
