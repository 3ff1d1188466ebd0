def architecture_of(wildcards):
    """Architecture of a network, or its encoder: code of a user's own may be imported where its model is loaded."""
    network = entry(STUDY.networks, wildcards.network)
    return getattr(network, "function", network.architecture)


def network_code(script, extra=()):
    """Code that trains a network or fine-tunes it: of the architectures only its own counts."""

    def digest(wildcards):
        architecture = entry(STUDY.networks, wildcards.network).architecture
        files = own_module(architecture_of(wildcards), f"networks.{wildcards.network}")
        files = (*files, *(() if ":" in architecture else architecture_files([architecture])))
        return code_digest(script, (*files, *extra))

    return digest


def input_options(wildcards):
    """Options of a network of the input study, as canonical JSON."""
    derivatives = wildcards.channels == "derivatives"
    network = entry(STUDY.networks, wildcards.network)
    return input_network(network, STUDY.inputs, derivatives=derivatives).canonical()
