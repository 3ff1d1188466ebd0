"""From a face video to blood pressure: regions, colours, a pulse wave, its windows, and fine-tuned networks."""
