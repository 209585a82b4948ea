"""How models are made: dataclasses whose methods are compiled when they are used often.

`dataclasses.dataclass` compiles all methods of a class where it is defined. For the models of this package that was a third of
the start of the program, and most runs use a part of them only; of most of these they make a few, which is done sooner than
their methods are compiled. To the type checker, and to `dataclasses.replace`, `fields` and `is_dataclass`, what is made here is
a dataclass as any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass", "field", "field_names", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from collections import Counter
    from functools import cache
    from types import CodeType, FunctionType, SimpleNamespace

    _MISSING = object()
    # How often a method of a class is done without being compiled.
    _SELDOM = 10

    class _Field(SimpleNamespace):
        """What `field` was told."""

    # The fields of a class, those of its bases before its own, by their names; each with whether it is given by keyword only.
    _SPEC = "__model_fields__"

    def dataclass(cls=None, /, *, frozen=False, slots=False, kw_only=False, eq=True):  # noqa: ANN001, ANN201 - typed above
        """Make a dataclass; the arguments are those of `dataclasses.dataclass`."""
        if cls is not None:
            return dataclass()(cls)
        return lambda made: _made(made, frozen=frozen, slots=slots, kw_only=kw_only, eq=eq)

    def field(*, default=_MISSING, default_factory=_MISSING, init=True, repr=True, compare=True):  # noqa: A002, ANN001, ANN201
        """Say more of a field; the arguments are those of `dataclasses.field`."""
        return _Field(default=default, default_factory=default_factory, init=init, repr=repr, compare=compare)

    _PLAIN = field()

    def replace(model: object, /, **changes: object) -> object:
        """A model with other values in some of its fields, as `dataclasses.replace` makes it, and faster."""
        return model.__model_replace__(**changes)

    def _made(cls: type, *, frozen: bool, slots: bool, kw_only: bool, eq: bool) -> type:
        names = [name for name, said in cls.__annotations__.items() if not str(said).startswith("ClassVar")]
        own = {name: _field(cls.__dict__[name]) if name in cls.__dict__ else _PLAIN for name in names}
        spec = {}
        for base in cls.__mro__[:0:-1]:
            spec |= base.__dict__.get(_SPEC, {})
        added = tuple(name for name in own if name not in spec)
        spec |= {name: (one, kw_only) for name, one in own.items()}
        left = {*own, "__dict__", "__weakref__"}
        namespace = {name: value for name, value in cls.__dict__.items() if name not in left}
        if eq and namespace.get("__hash__") is None:
            namespace["__hash__"] = _HASH if frozen else None
        methods = {"__init__": _INIT, "__repr__": _repr, "__model_replace__": _REPLACE}
        methods |= {_SPEC: spec, "__dataclass_fields__": _FIELDS}
        methods["__match_args__"] = tuple(name for name, (one, by_keyword) in spec.items() if one.init and not by_keyword)
        methods |= {"__eq__": _EQ} if eq else {}
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse} if frozen else {}
        methods |= {"__slots__": added, "__getstate__": _get_state, "__setstate__": _set_state} if slots else {}
        return type(cls)(cls.__name__, cls.__bases__, {**methods, **namespace})

    def _field(default: object) -> _Field:
        return default if isinstance(default, _Field) else field(default=default)

    def _owner(cls: type, method: str) -> type:
        """The class that a method is to be compiled for: the nearest that is a model and has one to be compiled."""
        return next(one for one in cls.__mro__ if method in one.__dict__)

    @cache
    def _code(method: str, arguments: str, *lines: str) -> CodeType:
        """A method of a class whose fields are called `f0`, `f1` and so on: models of one shape share it."""
        names = {}
        exec("\n    ".join([f"def {method}({arguments}):", *lines]), names)  # noqa: S102 - has no names but those
        return names[method].__code__

    def _compile(cls: type, method: str, arguments: list[str], lines: list[str], known: dict[str, object]) -> FunctionType:
        """Give a class a method of some shape, with the names of its own fields."""
        fields = {f"f{number}": name for number, name in enumerate(cls.__dict__[_SPEC])}

        def named(one: object) -> object:
            return tuple(map(named, one)) if isinstance(one, tuple) else fields.get(one, one)

        code = _code(method, ", ".join(["self", *arguments]), *lines or ["pass"])
        made = FunctionType(
            code.replace(
                co_qualname=f"{cls.__qualname__}.{method}",
                co_varnames=named(code.co_varnames),
                co_names=named(code.co_names),
                co_consts=named(code.co_consts),
            ),
            {**known, "__name__": cls.__module__},
        )
        setattr(cls, method, made)
        return made

    def _compiled_init(cls: type) -> FunctionType:
        known, lines = {"_unset": _MISSING}, []
        arguments, defaults = ([], []), ({}, {})  # those by position, those by keyword
        for number, (name, (one, by_keyword)) in enumerate(cls.__dict__[_SPEC].items()):
            value = place = f"f{number}"
            if one.init:
                arguments[by_keyword].append(place)
                if one.default is not _MISSING or one.default_factory is not _MISSING:
                    defaults[by_keyword][name] = one.default
            if one.default_factory is not _MISSING:
                known[f"_make_{place}"] = one.default_factory
                value = f"_make_{place}() if {place} is _unset else {place}" if one.init else f"_make_{place}()"
            if one.init or value != place:  # any other is for `__post_init__` to set
                known[f"_set_{place}"] = setter = getattr(getattr(cls, name, None), "__set__", None)
                lines.append(f"self.__dict__[{name!r}] = {value}" if setter is None else f"_set_{place}(self, {value})")
        if hasattr(cls, "__post_init__"):
            lines.append("self.__post_init__()")
        star = ["*"] if arguments[True] else []
        made = _compile(cls, "__init__", [*arguments[False], *star, *arguments[True]], lines, known)
        made.__defaults__, made.__kwdefaults__ = tuple(defaults[False].values()), defaults[True]
        return made

    def _plain_init(self: object, cls: type, /, *args: object, **kwargs: object) -> None:
        given = dict(zip(cls.__match_args__, args, strict=False)) | kwargs
        if len(given) < len(args) + len(kwargs):
            _compiled_init(cls)(self, *args, **kwargs)  # which says what is wrong
        for name, (one, _) in cls.__dict__[_SPEC].items():
            value = given.pop(name, _MISSING) if one.init else _MISSING
            if value is _MISSING:
                value = one.default if one.default_factory is _MISSING else one.default_factory()
            if value is not _MISSING:
                object.__setattr__(self, name, value)
            elif one.init:
                _compiled_init(cls)(self, *args, **kwargs)
        if given:
            _compiled_init(cls)(self, *args, **kwargs)
        if hasattr(cls, "__post_init__"):
            self.__post_init__()

    def _values(model: object, cls: type) -> tuple[object, ...]:
        """The values of those fields that are compared."""
        return tuple([getattr(model, name) for name, (one, _) in cls.__dict__[_SPEC].items() if one.compare])

    def _compared(cls: type, model: str) -> str:
        return "".join(f"{model}.f{number}, " for number, (one, _) in enumerate(cls.__dict__[_SPEC].values()) if one.compare)

    def _compiled_eq(cls: type) -> FunctionType:
        same = f"({_compared(cls, 'self')}) == ({_compared(cls, 'other')})"
        line = f"return {same} if other.__class__ is self.__class__ else NotImplemented"
        return _compile(cls, "__eq__", ["other"], [line], {})

    def _plain_eq(self: object, cls: type, other: object) -> bool:
        return _values(self, cls) == _values(other, cls) if other.__class__ is self.__class__ else NotImplemented

    def _compiled_hash(cls: type) -> FunctionType:
        return _compile(cls, "__hash__", [], [f"return hash(({_compared(cls, 'self')}))"], {})

    def _plain_hash(self: object, cls: type) -> int:
        return hash(_values(self, cls))

    def _compiled_replace(cls: type) -> FunctionType:
        given = ([], [])  # by position, which is the quickest, and by keyword
        for number, (one, by_keyword) in enumerate(cls.__dict__[_SPEC].values()):
            if one.init:
                place = f"f{number}"
                value = f"self.{place} if {place} is _unset else {place}"
                given[by_keyword].append(f"{place}={value}" if by_keyword else value)
        places = [f"f{number}" for number, (one, _) in enumerate(cls.__dict__[_SPEC].values()) if one.init]
        line = f"return self.__class__({', '.join(given[False] + given[True])})"
        made = _compile(cls, "__model_replace__", places, [line], {"_unset": _MISSING})
        made.__defaults__ = (_MISSING,) * len(places)
        return made

    def _plain_replace(self: object, cls: type, /, **changes: object) -> object:
        kept = {name: getattr(self, name) for name, (one, _) in cls.__dict__[_SPEC].items() if one.init and name not in changes}
        return self.__class__(**kept, **changes)

    def _repr(self: object) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, (one, _) in getattr(self, _SPEC).items() if one.repr)
        return f"{self.__class__.__qualname__}({shown})"

    def _at_first(name: str, plain: FunctionType, compiled: FunctionType) -> FunctionType:
        """A method that is done as it is written here a few times, and then compiled for the class that it is used of."""
        uses = Counter()

        def method(self: object, /, *args: object, **kwargs: object) -> object:
            cls = _owner(type(self), name)
            uses[cls] += 1
            if uses[cls] > _SELDOM:
                return compiled(cls)(self, *args, **kwargs)
            return plain(self, cls, *args, **kwargs)

        return method

    _INIT = _at_first("__init__", _plain_init, _compiled_init)
    _EQ = _at_first("__eq__", _plain_eq, _compiled_eq)
    _HASH = _at_first("__hash__", _plain_hash, _compiled_hash)
    _REPLACE = _at_first("__model_replace__", _plain_replace, _compiled_replace)

    def _refuse(self: object, name: str, *_value: object) -> None:
        from dataclasses import FrozenInstanceError

        message = f"cannot change {name!r} of a {type(self).__name__}"
        raise FrozenInstanceError(message)

    def _get_state(self: object) -> list[object]:
        return [getattr(self, name) for name in getattr(self, _SPEC)]

    def _set_state(self: object, state: list[object]) -> None:
        for name, value in zip(getattr(self, _SPEC), state, strict=True):
            object.__setattr__(self, name, value)

    class _DataclassFields:
        """What `dataclasses` looks for in a class, made when it looks."""

        def __get__(self, _instance: object, cls: type) -> dict[str, object]:
            fields = cls.__dict__.get("_made_dataclass_fields")
            if fields is None:
                import dataclasses

                told = {name: vars(one).items() for name, (one, _) in getattr(cls, _SPEC).items()}
                known = {name: {key: value for key, value in one if value is not _MISSING} for name, one in told.items()}
                usual = [(name, "object", dataclasses.field(**one)) for name, one in known.items()]
                fields = dataclasses.make_dataclass(cls.__name__, usual, kw_only=True).__dataclass_fields__
                type.__setattr__(cls, "_made_dataclass_fields", fields)
            return fields

    _FIELDS = _DataclassFields()


def field_names(model: type) -> tuple[str, ...]:
    """The names of the fields of a model, those of its bases before its own."""
    return tuple(model.__model_fields__)  # type: ignore[attr-defined]
