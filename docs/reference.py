"""reference.py FOLDER - writes the API reference, a page of Markdown for each public header and an index, from the headers.

    python3 docs/reference.py build/reference        (or: make docs)

The headers are the source and hold all that is said here; nothing is added but links, tables and the order on the page.
"""

import pathlib
import re
import sys

import headers

HEADERS = pathlib.Path(__file__).parent.parent / "include" / "dlc"
CODE = re.compile(r"`[^`]+`|\bdlc_\w+\(\)|\bdlc_\w+|\bDLC_[A-Z0-9_]+\*?|\bdlc/\w+\.h|\b(?:u?int\d+|float\d*|double|F16|BF16)"
                  r"\[[^\]]+\]|\"[^\"\n]*\"|\b\w+\[[^\]\s]+\]")

# "  margin      p[y] - ...": a word, or some, and what is said of it.
COLUMNS = re.compile(r" {2,}(?:\S+ {2,}|\S.*? {3,})\S")


class Reference:
    def __init__(self, modules):
        self.modules = modules
        self.page_of = {one.name: module.name for module in modules for group in module.groups()
                        for one in group.declarations}

    # ---- Text ----

    def code(self, text, page):
        name = text.strip("`").removesuffix("()")
        shown = f"`{text.strip('`')}`"
        if name in self.page_of:
            target = f"#{name}" if self.page_of[name] == page else f"{self.page_of[name]}.md#{name}"
            return f"[{shown}]({target})"
        return shown

    def inline(self, text, page):
        """Markdown for one paragraph: names become code and links, signs that Markdown would take are escaped."""
        out, at = [], 0
        for match in CODE.finditer(text):
            out += [re.sub(r"([*_<>|\[\]#])", r"\\\1", text[at:match.start()]), self.code(match[0], page)]
            at = match.end()
        out.append(re.sub(r"([*_<>|\[\]#])", r"\\\1", text[at:]))
        return "".join(out)

    def paragraph(self, lines, page, names):
        """Running text. Parameters become a list, errors a paragraph of their own."""
        text = " ".join(line.strip() for line in lines)
        text = re.sub(r"^(GUARANTEE G\d)\.", r"\1:", text)
        if names is not None:
            one = "|".join(map(re.escape, names)) or "(?!)"
            text = re.sub(rf"(^|(?<=\. )|(?<=\) ))((?:{one})(?:, (?:{one}))*): ",
                          lambda match: "\n- " + ", ".join(f"`{name}`" for name in match[2].split(", ")) + ": ", text)
            text = re.sub(r"(^|(?<=\. )|(?<=\) ))(Errors:|Since \d)", r"\n\n\2", text)
        text = re.sub(r"(GUARANTEE G\d:|Errors:)", r"**\1**", text)
        blocks = []
        for block in re.split(r"\n\n", text):
            items = [item.strip() for item in block.split("\n") if item.strip()]
            blocks.append("\n".join(self.item(item, page) for item in items))
        return "\n\n".join(block for block in blocks if block)

    def item(self, text, page):
        bold = re.match(r"(- |\*\*.*?\*\* ?)?", text)
        return (bold[0] or "") + self.inline(text[bold.end():], page)

    def prose(self, comment, page, names=None):
        """A comment's text: paragraphs, lists, and as it stands what is indented or set in columns. names: of parameters,
        in the comment of a function."""
        out, columns = [], []
        for block in re.split(r"\n\s*\n", comment.strip("\n")):
            for lines in split_block(block.split("\n")):
                if is_preformatted(lines):
                    columns += [""] + lines if columns else lines
                    continue
                out += [fenced(columns), self.paragraph(lines, page, names)]
                columns = []
        return "\n\n".join(filter(None, out + [fenced(columns)]))

    # ---- Pages ----

    def constants(self, group, page):
        rows = ["| constant | value | |", "| --- | --- | --- |"]
        for one in group.declarations:
            if one.kind == "constant":
                rows.append(f'| <a id="{one.name}"></a>`{one.name}` | `{one.result or one.text.split(None, 2)[2]}` | '
                            f"{self.inline(one.note, page)} |")
        return "\n".join(rows)

    def group(self, group, page):
        text = re.sub(r"^dlc_\w+\(\)(?:, dlc_\w+\(\))* - ", "", group.comment)
        text = text[:1].upper() + text[1:]
        if not group.declarations:
            return self.prose(text, page)
        if group.declarations[0].kind == "constant":
            return "\n\n".join(filter(None, (self.prose(text, page), self.constants(group, page))))
        heading = "### " + ", ".join(f'<a id="{one.name}"></a>{one.name}' for one in group.declarations)
        names = {parameter.name for one in group.declarations for parameter in one.parameters}
        declarations = "\n".join(without_api(one.text) for one in group.declarations)
        notes = "\n".join(f"- `{one.name}`: {self.inline(one.note, page)}" for one in group.declarations if one.note)
        return "\n\n".join(filter(None, (heading, f"```c\n{declarations}\n```", self.prose(text, page, sorted(names)), notes)))

    def page(self, module):
        name = module.name
        parts = [f"# dlc/{name}.h", self.inline(module.purpose[:1].upper() + module.purpose[1:], name)]
        if name != "base":
            parts.append("What holds for the whole API - handles, errors, threads, callbacks - is in [dlc/base.h](base.md).")
        parts.append(self.prose(module.comment, name))
        if used := headers.examples_of(module):
            parts.append("Programs that use it: " + ", ".join(f"`examples/{path.name}`" for path in used) + ".")
        for section in module.sections:
            if section.title:
                parts.append(f"## {section.title}")
            if section.comment:
                parts.append(self.prose(section.comment, name))
            parts += [self.group(group, name) for group in section.groups]
        return "\n\n".join(filter(None, parts)) + "\n"

    def index(self):
        parts = ["# API reference", "Made from the headers by docs/reference.py.",
                 "\n".join(f"- [dlc/{module.name}.h]({module.name}.md): {self.inline(module.purpose, '')}"
                           for module in self.modules),
                 "## Functions and types",
                 "\n".join(f"- [`{name}`]({page}.md#{name})" for name, page in sorted(self.page_of.items())
                           if name.startswith("dlc_"))]
        return "\n\n".join(parts) + "\n"


def without_api(text):
    """A declaration without the sign of export; what its parameters stand under moves with it."""
    return text.removeprefix("DLC_API ").replace("\n        ", "\n") if text.startswith("DLC_API ") else text


def fenced(lines):
    """Lines as they stand, but for what they are all indented by; nothing for none."""
    if not lines:
        return ""
    indent = min(len(line) - len(line.lstrip()) for line in lines if line)
    return "```text\n" + "\n".join(line[indent:] for line in lines) + "\n```"


def split_block(lines):
    """Breaks lines without an empty one between them where text and what is set in columns or as a list meet."""
    run = []
    for line in lines:
        starts_item = re.match(r"\s*- ", line)
        columns = COLUMNS.match(line)
        was_columns = run and COLUMNS.match(run[0])
        if run and (starts_item or (columns and not was_columns) or
                    (was_columns and not columns and not line.startswith("       "))):
            yield run
            run = []
        run.append(line)
    yield run


def is_preformatted(lines):
    if lines[0].strip().startswith(("GUARANTEE", "- ")):
        return False
    return all(line.startswith("    ") for line in lines) or bool(COLUMNS.match(lines[0]))


def write(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    reference = Reference(headers.read_headers(HEADERS))
    for module in reference.modules:
        (folder / f"{module.name}.md").write_text(reference.page(module))
    (folder / "README.md").write_text(reference.index())
    print(f"{len(reference.modules) + 1} pages in {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
