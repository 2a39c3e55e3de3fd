"""kill_resume.py DLC ENCODER IMAGES FOLDER KILLS SEED - GUARANTEE G5, the hard way.

A run with a checkpoint is started again and again, and killed (SIGKILL) at random moments, until it comes to its end;
then its files are compared with those of a run that was never stopped, and the next one begins, until there were KILLS
kills. Called by kill_resume.sh. Prints what it did; ends with 1 at the first difference, file that should not be there,
or run that fails.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import time

dlc, encoder, images, folder, kills, seed = sys.argv[1:]
kills = int(kills)
rng = random.Random(int(seed))
checkpoint, out = f"{folder}/run.ckpt", f"{folder}/run"


def start(*more):
    return subprocess.Popen([dlc, "score", "--encoder", encoder, "--images", images, "--quiet", *more],
                            stderr=subprocess.PIPE, text=True)


def finish(process):
    error = process.communicate()[1]
    if process.returncode != 0 or error:
        sys.exit(f"status {process.returncode}: {error}")


def compare(run):
    for name in ("scores.npy", "curves.npy", "labels.npy", "correct.npy", "samples.txt"):
        if open(f"{run}/{name}", "rb").read() != open(f"{folder}/whole/{name}", "rb").read():
            sys.exit(f"G5: {name} is not that of the run that was never stopped")
    records = [json.load(open(f"{of}/run.json")) for of in (run, f"{folder}/whole")]
    for record in records:
        del record["timings"], record["resumed after"]
    if records[0] != records[1]:
        sys.exit("G5: run.json is not that of the run that was never stopped")


def tidy():
    """Counts and removes what killed processes left: temporary files under their documented names, and no others."""
    left = 0
    for name in os.listdir(folder):
        if name.startswith(".dlc-") and name.endswith(".tmp"):
            os.unlink(f"{folder}/{name}")
            left += 1
        elif name.startswith(".run.tmp-"):
            shutil.rmtree(f"{folder}/{name}")
            left += 1
        elif name not in ("run.ckpt", "run", "whole"):
            sys.exit(f"a killed run left {name}")
    return left


shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
began = time.monotonic()
finish(start("--out-dir", f"{folder}/whole"))
seconds = time.monotonic() - began
print(f"a run takes {seconds:.1f} s here; {kills} kills, seed {seed}", flush=True)

done = runs = left = early = 0
while done < kills:
    process = start("--out-dir", out, "--checkpoint", checkpoint)
    try:
        process.wait(rng.uniform(0, 0.1 * seconds))
    except subprocess.TimeoutExpired:
        process.kill()
    if process.wait() == -9:
        process.stderr.close()
        done += 1
        early += not os.path.exists(checkpoint)
        left += tidy()
        if done < kills:
            continue
        process = start("--out-dir", out, "--checkpoint", checkpoint)
    finish(process)
    if os.path.exists(checkpoint):
        sys.exit("the checkpoint of a finished run is still there")
    compare(out)
    shutil.rmtree(out)
    runs += 1
print(f"{done} kills in {runs} runs, each with the files of the run that was never stopped, bit for bit; "
      f"{early} kills came before the first checkpoint, {left} temporary files were left behind and removed; "
      f"{time.monotonic() - began:.0f} s")
