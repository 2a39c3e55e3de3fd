"""headers.py - every public function is documented: purpose, every parameter, shapes of arrays, errors, threads, since when.

Reads include/dlc by docs/headers.py, from the top of the repo. What is said for several functions counts for each: the
comment that they share, the head of their section and its prose, prose that names them, and the comment that theirs refers to ("as
above", "the same", "as dlc_npy_read()"). What dlc/base.h says once for all counts too: the handle comes first, a create
function's `allocator` and last parameter, a callback's `user`, and that distinct handles are independent.

Also: what the shared library exports is what the headers declare, and every module has an example in examples/ that the
tests compile and run.
"""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, "docs")
import headers

NUMBERS = ("float", "double", "int64_t", "int32_t", "uint8_t", "uint64_t")
SHAPE = re.compile(r"\b(?:u?int(?:8|16|32|64)|float(?:32)?|double)\[[^\]]+\]")
SCALAR = re.compile(r"\bbytes\b|Each out pointer may be NULL|\bties\b")

modules = headers.read_headers("include/dlc")
faults = []
checks = 0


def expect(holds, name, what):
    global checks
    checks += 1
    if not holds:
        faults.append(f"{name}: {what}")


def words(text):
    """Without the names of functions, which would name half of the parameters."""
    return re.sub(r"\bdlc_\w+", "", text)


def scope(module, section, group, name):
    """All that is said about a function."""
    texts = [group.comment, section.title, section.comment]
    texts += [one.comment for one in section.groups if not one.declarations]
    texts += [one.comment for one in module.groups() if not one.declarations and f"{name}()" in one.comment]
    documented = [one for one in module.groups() if one.functions()]
    before = documented[: next(i for i, one in enumerate(documented) if one is group)]
    if re.search(r"\bas above\b|\bthe same\b", group.comment) and before:
        previous = before[-1]
        texts.append(scope(module, section, previous, previous.functions()[0].name))
    for other in re.findall(r"\b[Aa]s (dlc_\w+)\(\)", group.comment):
        texts += [one.comment for one in documented if any(f.name == other for f in one.functions())]
    return "\n".join(texts)


def check_parameters(function, module, text):
    creates = function.name.endswith("_create")
    for i, parameter in enumerate(function.parameters):
        handle = parameter.type.removeprefix("const ") in {f"{name} *" for name in module.handles()}
        general = (i == 0 and handle) or (creates and parameter.name in ("allocator", "out")) or (
            parameter.name == "user" and parameter.type == "void *")
        if general:
            continue
        expect(re.search(rf"\b{parameter.name}\b", words(text)), function.name, f"parameter {parameter.name} is not named")
        if parameter.type.removeprefix("const ").removesuffix(" *") in NUMBERS and parameter.type.endswith("*"):
            expect(SHAPE.search(text) or SCALAR.search(text), function.name, f"the shape of {parameter.name} is not said")


def check_function(function, module, section, group):
    text = scope(module, section, group, function.name)
    first = group.functions()[0].name == function.name
    named = f"{function.name}()" in group.comment
    together = len(group.functions()) > 1 and not re.search(r"\bdlc_\w+\(\) - ", group.comment)
    expect(group.comment and (named or together), function.name, "no comment says what it does")
    expect(not first or together or re.search(rf"\b{function.name}\(\)(?:, dlc_\w+\(\))* - ", group.comment), function.name,
           "its comment does not start with 'name() - purpose'")
    expect(re.search(r"\bSince \d+\.\d+\b", group.comment.replace("\n", " ")), function.name, "since when?")
    check_parameters(function, module, text)
    if function.result == "dlc_status":
        expect(re.search(r"DLC_ERROR_", text), function.name, "no error is named")
    if not any(f"{handle} *" in one.type for handle in module.handles() for one in function.parameters):
        expect(re.search(r"[Aa]ny\s+thread", text), function.name, "has no handle, and does not say which thread may call it")


def check_callback(callback, group):
    expect(group.comment, callback.name, "no comment")
    for parameter in callback.parameters[1:]:
        expect(re.search(rf"\b{parameter.name}\b", group.comment), callback.name, f"parameter {parameter.name} is not named")


for module in modules:
    expect(module.purpose.endswith("."), f"dlc/{module.name}.h", "its first line is not 'dlc/x.h - purpose.'")
    for section in module.sections:
        for group in section.groups:
            for one in group.declarations:
                if one.kind == "function":
                    check_function(one, module, section, group)
                if one.kind == "callback":
                    check_callback(one, group)
                if one.kind == "constant":
                    expect(not one.result.endswith("\\"), one.name, "its value is not on the line of its name")

declared = {function.name for module in modules for function in module.functions()}
symbols = subprocess.run(["nm", "-D", "--defined-only", f"{os.environ['BUILD']}/libdlc.so"], capture_output=True, text=True,
                         check=True).stdout
exported = {line.split()[2].split("@")[0] for line in symbols.splitlines() if line.split()[1] != "A"}
expect(declared == exported, "libdlc.so", f"declared or exported alone: {sorted(declared ^ exported)}")
expect({f"{module.name}.h" for module in modules} | {"dlc.h"} == {path.name for path in pathlib.Path("include/dlc").glob("*.h")},
       "dlc/dlc.h", "does not name every header")

for module in modules:
    expect(headers.examples_of(module), f"dlc/{module.name}.h", "no C program in examples/ uses it")

for fault in faults:
    print(fault)
print(f"{checks} checks, {len(faults)} faults")
sys.exit(bool(faults))
