"""A stand-in for Blender's layouts: it draws nothing, and checks that everything a panel names exists."""

import functools
from types import SimpleNamespace
from typing import Any

import bpy

CONTAINERS = ("row", "column", "box", "split", "column_flow", "grid_flow")
ICONS = set(bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys())


class Recorder:
    """A layout that keeps what it was asked to draw, in all its parts."""

    def __init__(self, root: "Recorder | None" = None) -> None:
        self.__dict__["root"] = root or self
        for kept in ("texts", "properties", "operators", "menus"):
            self.__dict__[kept] = []
        for name in CONTAINERS:
            self.__dict__[name] = functools.partial(self._part, name)

    def __setattr__(self, name: str, value: Any) -> None:
        assert name in bpy.types.UILayout.bl_rna.properties, f"a layout has no {name}"
        self.__dict__[name] = value

    def _part(self, kind: str, **words: Any) -> "Recorder":
        for name in words:
            assert name in bpy.types.UILayout.bl_rna.functions[kind].parameters, f"a {kind} has no {name}"
        if words.get("heading"):
            self.root.texts.append(words["heading"])
        return Recorder(self.root)

    def label(self, text: str = "", icon: str = "NONE", **_: Any) -> None:
        assert icon in ICONS, icon
        self.root.texts.append(text)

    def separator(self, **_: Any) -> None:
        pass

    def progress(self, text: str = "", factor: float = 0.0, **_: Any) -> None:
        assert 0 <= factor <= 1
        self.root.texts.append(text)

    def prop(self, data: Any, name: str, icon: str = "NONE", text: str | None = None, **_: Any) -> None:
        assert icon in ICONS, icon
        assert name in data.bl_rna.properties, f"{data.bl_rna.identifier} has no {name}"
        getattr(data, name)
        self.root.properties.append(name)
        self.root.texts.append(data.bl_rna.properties[name].name if text is None else text)

    def prop_decorator(self, data: Any, name: str, **_: Any) -> None:
        assert name in data.bl_rna.properties

    def operator(self, name: str, text: str | None = None, icon: str = "NONE", **_: Any) -> SimpleNamespace:
        assert icon in ICONS, icon
        module, _, short = name.partition(".")
        rna = getattr(getattr(bpy.ops, module), short).get_rna_type()
        self.root.operators.append(name)
        self.root.texts.append(rna.name if text is None else text)
        return _Named(rna)

    def operator_menu_enum(self, name: str, prop: str, text: str | None = None, icon: str = "NONE", **_: Any) -> None:
        assert prop in self.operator(name, text, icon).rna.properties

    def menu(self, name: str, icon: str = "NONE", **_: Any) -> None:
        assert icon in ICONS, icon
        assert hasattr(bpy.types, name), name
        self.root.menus.append(name)

    def popover(self, panel: str, icon: str = "NONE", **_: Any) -> None:
        assert icon in ICONS, icon
        assert hasattr(bpy.types, panel), panel

    def template_icon(self, icon_value: int, scale: float = 1.0) -> None:
        assert icon_value >= 0
        assert scale > 0

    def template_list(self, kind: str, _id: str, data: Any, name: str, active: Any, index: str, **_: Any) -> None:
        cls = getattr(bpy.types, kind)
        assert index in active.bl_rna.properties
        for number, item in enumerate(getattr(data, name)):
            cls.draw_item(SimpleNamespace(), bpy.context, self, data, item, 0, active, index, number)


class _Named:
    """The properties of a drawn operator; only those that it has can be set."""

    def __init__(self, rna: Any) -> None:
        self.__dict__["rna"] = rna

    def __setattr__(self, name: str, _value: Any) -> None:
        assert name in self.rna.properties, f"{self.rna.identifier} has no {name}"
