DIALLED = STUDY.leakage.dialled(LEAKAGE_DATASET, STUDY.datasets[LEAKAGE_DATASET].simulator.confounding)
DOSES = [(LEAKAGE_DATASET, dose) for dose in STUDY.leakage.doses]
DIAL = [(dataset, split) for dataset in DIALLED.values() for split in STUDY.leakage.dial]
TRIED = list(dict.fromkeys([*DOSES, *DIAL]))


def leakage_files(pattern, tried):
    """Files of the network of the dose-response, on each data set and split that is tried."""
    return [
        pattern.format(dataset=dataset, split=split, network=STUDY.leakage.network, seed=seed)
        for dataset, split in tried
        for seed in STUDY.study.seeds
    ]
