def architecture_of(wildcards):
    """Architecture of a network: code of a user's own may be imported where its model is loaded."""
    return entry(STUDY.networks, wildcards.network).architecture


def network_code(script, extra=()):
    """Code that trains a network or fine-tunes it: of the architectures only its own counts."""

    def digest(wildcards):
        own = architecture_of(wildcards)
        files = own_module(own, f"networks.{wildcards.network}") or architecture_files([own])
        return code_digest(script, (*files, *extra))

    return digest


def input_options(wildcards):
    """Options of a network of the input study, as canonical JSON."""
    derivatives = wildcards.channels == "derivatives"
    network = entry(STUDY.networks, wildcards.network)
    return input_network(network, STUDY.inputs, derivatives=derivatives).canonical()
