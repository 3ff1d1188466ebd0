"""Windows of the pulse wave with a monitor's pressures."""
