BUDGETS = (str(SOURCE / "cuffless" / "config" / "budgets.py"),)  # options are not code, but this is


def protocol_of(wildcards):
    """Options of a protocol of personalization."""
    return entry(PROTOCOLS, wildcards.protocol)


def split_of(protocol):
    """Name of the split whose test subjects a protocol draws."""
    return entry(PROTOCOLS, protocol).split


def model_to_personalize(wildcards):
    """Network as trained on other people."""
    split = split_of(wildcards.protocol)
    return trained("model.keras", wildcards.dataset, split, wildcards.network, wildcards.seed)[0]
