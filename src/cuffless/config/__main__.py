"""Write config/README.md and config/schema.json."""

from cuffless.config.documentation import write

write()
