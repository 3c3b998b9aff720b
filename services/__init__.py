"""The services of Mötesplats and the runtime under them."""
