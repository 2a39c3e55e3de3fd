"""headers.py - reads the public headers: what is declared, and the comment that each declaration stands under.

Used by reference.py, which writes the API reference, and by test/docs/headers.py, which checks that nothing is missing
from it. Knows the headers' conventions and nothing of C beyond them:

  - the first comment of a file is about the module: "dlc/mask.h - masks the weights ...";
  - a comment that starts with "---- Title ----" opens a section, and what it says goes for the whole section;
  - a comment is about the declarations that follow it without an empty line, one or several;
  - a comment with an empty line after it is prose of its section, and of the functions that it names.
"""

import pathlib
import re
from dataclasses import dataclass, field

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"
TOKEN = re.compile(r"/\*.*?\*/|\n[ \t]*\n|[^\n]+|\n", re.DOTALL)
SECTION = re.compile(r"^---- (.*?) ----\s*", re.DOTALL)
FUNCTION = re.compile(r"DLC_API\s+(.*?)\b(dlc_\w+)\((.*)\);", re.DOTALL)
CALLBACK = re.compile(r"typedef void \(\*(dlc_\w+)\)\((.*)\);", re.DOTALL)
HANDLE = re.compile(r"typedef struct (dlc_\w+) dlc_\w+;")
TYPE = re.compile(r"typedef (\w+) (dlc_\w+);")
CONSTANT = re.compile(r"#define (DLC_[A-Z0-9_]+)\s+(.+)")
PARAMETER = re.compile(r"(.*?)(\w+)$", re.DOTALL)


@dataclass
class Parameter:
    type: str
    name: str


@dataclass
class Declaration:
    """A function, callback, handle, type or constant. text: as it stands in the header; note: what follows a constant."""
    kind: str
    name: str
    text: str
    result: str = ""
    parameters: list = field(default_factory=list)
    note: str = ""


@dataclass
class Group:
    """One comment and its declarations; prose has none."""
    comment: str
    declarations: list = field(default_factory=list)

    def functions(self):
        return [one for one in self.declarations if one.kind == "function"]


@dataclass
class Section:
    title: str
    comment: str
    groups: list = field(default_factory=list)


@dataclass
class Module:
    name: str
    purpose: str
    comment: str
    sections: list = field(default_factory=list)

    def groups(self):
        return [group for section in self.sections for group in section.groups]

    def functions(self):
        return [one for group in self.groups() for one in group.functions()]

    def handles(self):
        return [one.name for group in self.groups() for one in group.declarations if one.kind == "handle"]


def comment_text(comment):
    """The text between the signs of a comment, without the stars before its lines."""
    lines = comment[2:-2].split("\n")
    lines = [lines[0].strip()] + [re.sub(r"^ \* ?", "", line).rstrip() for line in lines[1:]]
    return "\n".join(lines).strip("\n")


def parameters(text):
    text = " ".join(text.split())
    if text == "void":
        return []
    split = [PARAMETER.match(one.strip()) for one in text.split(",")]
    return [Parameter(one[1].strip(), one[2]) for one in split]


def declaration(code):
    """What a piece of code declares, or None: preprocessor lines, extern "C"."""
    if match := FUNCTION.match(code):
        return Declaration("function", match[2], code, match[1].strip(), parameters(match[3]))
    if match := CALLBACK.match(code):
        return Declaration("callback", match[1], code, "void", parameters(match[2]))
    if match := HANDLE.match(code):
        return Declaration("handle", match[1], code)
    if match := TYPE.match(code):
        return Declaration("type", match[2], code)
    if match := CONSTANT.match(code):
        if match[1] != "DLC_API":
            return Declaration("constant", match[1], code, match[2].strip())
    return None


def tokens(text):
    """The header as ("comment" | "note" | "code" | "gap", text); a note is a comment on a line of code. The lines of one
    declaration come together."""
    code = ""
    fresh = True
    for token in TOKEN.findall(text):
        if token.startswith("/*"):
            yield ("comment" if fresh else "note"), comment_text(token)
        elif token == "\n":
            fresh = True
        elif not token.strip():
            fresh = True
            yield "gap", ""
        else:
            # A comment may end the line.
            head, sign, rest = token.partition("/*")
            code = f"{code}\n{head.rstrip()}" if code else head.strip()
            fresh = False
            if code.startswith("#") or code.endswith((";", "{", "}")):
                yield "code", code
                code = ""
            if sign:
                yield "note", comment_text(sign + rest)


def read_header(path):
    module = None
    section = None
    group = Group("")
    for kind, text in tokens(path.read_text()):
        if kind == "comment" and module is None:
            title, _, rest = text.partition("\n\n")
            module = Module(path.stem, title.partition(" - ")[2], rest)
            section = Section("", "")
            module.sections.append(section)
        elif kind == "comment" and SECTION.match(text):
            section = Section(SECTION.match(text)[1], SECTION.sub("", text).strip("\n"))
            module.sections.append(section)
            group = Group("")
        elif kind == "comment":
            group = Group(text)
            section.groups.append(group)
        elif kind == "gap":
            group = Group("")
        elif kind == "note":
            if group.declarations:
                group.declarations[-1].note = " ".join(text.split())
        else:
            found = declaration(text)
            if found and not any(one is group for one in section.groups):
                section.groups.append(group)
            if found:
                group.declarations.append(found)
    return module


def examples_of(module):
    """The C programs in examples/ that call a function of the module; the tests compile and run them all."""
    return [path for path in sorted(EXAMPLES.glob("*.c"))
            if any(re.search(rf"\b{function.name}\(", path.read_text()) for function in module.functions())]


def read_headers(folder):
    """The modules in the order in which dlc.h names them, dlc.h itself apart."""
    folder = pathlib.Path(folder)
    overview = (folder / "dlc.h").read_text()
    names = re.findall(r"^ \*     dlc/(\w+)\.h ", overview, re.MULTILINE)
    return [read_header(folder / f"{name}.h") for name in names]
