import re

from cuffless.camera.manifest import ManifestError, read_manifest, require_conditions
from cuffless.camera.pulse.custom import MethodError, takes_frames
from cuffless.camera.simulation.recordings import recording_name, simulated_recording

RPPG_REFERENCE = "resources/reference_rppg.csv"


def face_recordings():
    """Recordings of faces by name: known from the configuration, or from the manifest that it names."""
    options = STUDY.rppg
    if options.source == "ready":
        return {}
    if options.source == "simulator":
        folder = f"results/{STUDY.study.dataset}/camera/simulated"
        numbers = range(1, options.simulation.subjects + 1)
        return {recording_name(n): simulated_recording(n, folder, options.simulation) for n in numbers}
    try:
        recordings = read_manifest(options.manifest)
        require_conditions(recordings, options.tuning.conditions)
        return {own.recording: own for own in recordings}
    except ManifestError as error:
        raise refused(f"rppg.manifest: {error}") from None


def of_frames():
    """Whether the method is a custom one that takes frames, and not colours."""
    try:
        return "rppg" in STUDY.model_fields_set and takes_frames(STUDY.rppg.method)
    except MethodError as error:
        raise refused(f"rppg.method: {error}") from None


RECORDINGS = face_recordings()
METHOD_CODE = own_module(STUDY.rppg.method, "rppg.method") if "rppg" in STUDY.model_fields_set else ()
OF_FRAMES = of_frames()
# What is made of colours alone depends on the code of a method that takes colours.
COLOUR_CODE = () if OF_FRAMES else METHOD_CODE
WAVES = expand("results/{{dataset}}/camera/waves/{recording}.npz", recording=RECORDINGS if OF_FRAMES else [])


wildcard_constraints:
    recording="|".join(map(re.escape, RECORDINGS)) or "(?!)",  # names may hold dots, as endings do


def existing_files(recording, *columns):
    """Files of a recording that are simulated or exist; a missing one is reported with its recording."""
    files = map(str, recording.files(*columns))
    return list(files) if STUDY.rppg.source == "simulator" else [path for path in files if Path(path).exists()]


def sheet_stamp(wildcards):
    """What a contact sheet carries to tell that its person is simulated; a user's own recording says whose it is."""
    return arm_stamp("camera", STUDY, wildcards.dataset) if STUDY.rppg.source == "simulator" else ""


def files_of_video(wildcards):
    """What a recording's colours are taken from."""
    return existing_files(entry(RECORDINGS, wildcards.recording), "video", "timestamps", "roi")


def files_of_monitors(wildcards):
    """Pressures of all recordings, and their contact PPG."""
    return [path for recording in RECORDINGS.values() for path in existing_files(recording, "bp", "ppg")]


def files_of_contact(wildcards):
    """Contact PPG of all recordings."""
    return [path for recording in RECORDINGS.values() for path in existing_files(recording, "ppg")]


def rppg_windowing(wildcards):
    """Windowing that the networks were trained with, as canonical JSON."""
    return entry(STUDY.windowings, windowing_of(STUDY.rppg.split)).canonical()


def model_to_tune(wildcards):
    """Network as trained on PPG."""
    return trained("model.keras", wildcards.dataset, STUDY.rppg.split, wildcards.network, wildcards.seed)[0]


def tuning_files(file):
    """A file of each fine-tuning: of all networks and seeds."""
    return expand(
        f"results/{{{{dataset}}}}/finetuning/camera/{{network}}/seed{{seed}}/{file}",
        network=PERSONALIZED,
        seed=STUDY.study.seeds,
    )
