import re

from cuffless.config import RppgOptions
from cuffless.camera.manifest import ManifestError, read_manifest
from cuffless.camera.simulation.recordings import recording_name, simulated

WITH_RPPG = "rppg" in STUDY.model_fields_set
RPPG_READY = STUDY.rppg.source == "ready"
RPPG_FIGURES = ([] if RPPG_READY else ["fig3"]) + ["fig9", "figA2", "figA3", "figA4", "figA5"]
RPPG_REFERENCE = "resources/reference_rppg.csv"


def rppg_recordings():
    """Recordings of faces by name: known from the configuration, or from the manifest that it names."""
    options = STUDY.rppg
    if RPPG_READY:
        return {}
    if options.source == "simulator":
        folder = f"results/{STUDY.study.dataset}/camera/simulated"
        numbers = range(1, options.simulation.subjects + 1)
        return {recording_name(n): simulated(n, folder, options.simulation) for n in numbers}
    try:
        return {own.recording: own for own in read_manifest(options.manifest)}
    except ManifestError as error:
        raise WorkflowError(f"rppg.manifest: {error}") from None


RECORDINGS = rppg_recordings()


wildcard_constraints:
    recording="|".join(map(re.escape, RECORDINGS)) or "(?!)",  # names may hold dots, as endings do


def rppg_passed_over():
    """Why the branch cannot run, though it is configured; empty if it can."""
    if WITH_RPPG and RPPG_READY and not Path(STUDY.rppg.path).is_file():
        return (
            f"Figures 9, A2 to A5 and Table 2 are passed over: their windows belong into {STUDY.rppg.path}, which is "
            "not there"
        )
    return ""


def rppg_targets(kind):
    """Figures or tables of the branch, if it is configured and can run."""
    return (RPPG_FIGURES if kind == "figures" else ["table2", "camera"]) if WITH_RPPG and not rppg_passed_over() else []


def contact_sheets(wildcards):
    """A picture of each recording, if the branch is configured."""
    if not WITH_RPPG:
        return []
    return expand(f"results/{STUDY.study.dataset}/camera/sheets/{{recording}}.png", recording=RECORDINGS)


def there(recording, *columns):
    """Files of a recording that are to be made or are there; one that is absent is its recording's matter."""
    files = map(str, recording.files(*columns))
    return list(files) if STUDY.rppg.source == "simulator" else [path for path in files if Path(path).exists()]


def files_of_video(wildcards):
    """What a recording's colours are taken from."""
    return there(named(RECORDINGS, wildcards.recording), "video", "timestamps", "roi")


def files_of_monitors(wildcards):
    """Pressures of all recordings, and their contact PPG."""
    return [path for recording in RECORDINGS.values() for path in there(recording, "bp", "ppg")]


def rppg_windowing(wildcards):
    """Windowing that the networks were trained with, as canonical JSON."""
    return named(STUDY.windowings, windowing_of(STUDY.rppg.split)).canonical()


def model_to_tune(wildcards):
    """Network as trained on PPG."""
    return expand(
        "results/{dataset}/training/{split}/{network}/seed{seed}/model.keras", split=STUDY.rppg.split, **wildcards
    )[0]


def tuned(name):
    """A file of the runs of all networks and seeds."""
    return expand(
        f"results/{{{{dataset}}}}/finetuning/camera/{{network}}/seed{{seed}}/{name}",
        network=PERSONALIZED,
        seed=STUDY.study.seeds,
    )
