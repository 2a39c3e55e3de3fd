"""dlc.py against the headers: the same functions, argument by argument, the same callbacks, the same constants."""

import ast
import ctypes
import re
import sys
import unittest

from support import EXAMPLES, TOP, dlc

sys.path.insert(0, str(TOP / "docs"))
import headers  # noqa: E402

DECLARATIONS = [
    one for module in headers.read_headers(TOP / "include" / "dlc") for group in module.groups() for one in group.declarations
]
FUNCTIONS = {one.name: one for one in DECLARATIONS if one.kind == "function"}
CALLBACKS = {one.name: one for one in DECLARATIONS if one.kind == "callback"}
NUMBERS = {
    "dlc_status": ctypes.c_int32,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "uint8_t": ctypes.c_uint8,
    "uint16_t": ctypes.c_uint16,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}


def same_type(declared: str, bound: object) -> bool:
    """Whether a C type (without its parameter's name) is what ctypes was told."""
    declared = declared.replace("const", "").replace(" ", "")
    if declared == "char*":
        return bound is ctypes.c_char_p
    if declared == "void*":
        return bound is ctypes.c_void_p
    if declared == "void":
        return bound is None
    if declared.endswith("*"):
        return bool(getattr(bound, "_type_", None)) and same_type(declared[:-1], bound._type_)
    if declared.endswith("_callback"):
        return isinstance(bound, type) and issubclass(bound, ctypes._CFuncPtr) and declared in CALLBACKS and same_types(
            CALLBACKS[declared].parameters, bound._argtypes_
        )
    if declared in NUMBERS:
        return bound is NUMBERS[declared]
    return isinstance(bound, type) and issubclass(bound, ctypes.Structure) and bound.__name__ == declared


def same_types(declared: list[headers.Parameter], bound: object) -> bool:
    return len(declared) == len(bound) and all(same_type(one.type, other) for one, other in zip(declared, bound))


class Prototypes(unittest.TestCase):
    def test_every_declaration_was_read(self):
        text = "\n".join(path.read_text() for path in (TOP / "include" / "dlc").glob("*.h"))
        self.assertEqual(len(FUNCTIONS), len(re.findall(r"^DLC_API", text, flags=re.M)))
        self.assertEqual(len(CALLBACKS), len(re.findall(r"^typedef void \(", text, flags=re.M)))

    def test_same_functions(self):
        self.assertEqual(sorted([*FUNCTIONS, *CALLBACKS]), sorted(vars(dlc.library)))

    def test_same_types(self):
        for name, declared in FUNCTIONS.items():
            with self.subTest(name):
                function = getattr(dlc.library, name)
                self.assertTrue(same_type(declared.result, function.symbol.restype), function.symbol.restype)
                self.assertTrue(same_types(declared.parameters, function.symbol.argtypes), function.symbol.argtypes)
                self.assertEqual([one.name for one in declared.parameters], [one.name for one in function.parameters])
                self.assertEqual(function.returns_status, declared.result == "dlc_status")
        for name in CALLBACKS:
            self.assertTrue(same_type(name, getattr(dlc.library, name)), name)

    def test_outputs_need_writable_arrays(self):
        """A pointer without const is written to: the array must not be read-only."""
        for name, function in FUNCTIONS.items():
            for parameter, declared in zip(getattr(dlc.library, name).parameters, (one.type for one in function.parameters)):
                base = declared.replace("const ", "").rstrip(" *")
                if declared.count("*") != 1 or base not in NUMBERS:
                    continue
                array = dlc.np.zeros(1, NUMBERS[base])
                array.flags.writeable = False
                with self.subTest(name, parameter=parameter.name):
                    if declared.startswith("const"):
                        parameter.convert(array, parameter.name)
                    else:
                        with self.assertRaisesRegex(TypeError, f"{parameter.name}: the array is read-only"):
                            parameter.convert(array, parameter.name)

    def test_same_constants(self):
        declared = {}
        for one in DECLARATIONS:
            if one.kind == "constant":
                declared[one.name.removeprefix("DLC_")] = eval(re.sub(r"\bDLC_", "", one.result), {}, declared)
        bound = {name: value for name, value in vars(dlc).items() if re.fullmatch(r"[A-Z][A-Z0-9_]*", name)}
        self.assertGreater(len(declared), 40)
        self.assertEqual(declared, bound)

    def test_every_function_is_used(self):
        """By a class or a function of the module, not only as library.dlc_...()."""
        tree = ast.parse((EXAMPLES / "dlc.py").read_text())
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "library"
        }
        for handle in dlc._Handle.__subclasses__():  # what _Owner and _Handle call by the handle's name
            used |= {f"{handle._structure}_{verb}" for verb in ("create", "free", "message", "memory_estimate")}
        self.assertEqual(set(FUNCTIONS) - used, set())

    def test_everything_public_has_a_docstring(self):
        for name, value in vars(dlc).items():
            if name.startswith("_") or getattr(value, "__module__", None) != "dlc":
                continue
            if isinstance(value, type) or callable(value):
                self.assertTrue(value.__doc__, name)
            for member, attribute in vars(value).items() if isinstance(value, type) else ():
                if not member.startswith("_") and (callable(attribute) or isinstance(attribute, property)):
                    self.assertTrue(attribute.__doc__, f"{name}.{member}")


if __name__ == "__main__":
    unittest.main()
