"""Reading `.tf` files: python-hcl2 parses them, and its tree becomes blocks and expressions with places."""

from __future__ import annotations

import json
import re
import sys
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.findings import codes
from aib2packer.findings.model import about_file
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.syntax import (
    TfAccess,
    TfAttribute,
    TfBlock,
    TfCall,
    TfChoice,
    TfExpression,
    TfFor,
    TfList,
    TfName,
    TfObject,
    TfOperation,
    TfSplat,
    TfText,
    TfUnread,
    TfValue,
)
from aib2packer.text.source import FileError, SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lark import Token, Tree

    from aib2packer.findings.model import Report

    Node = Tree[Token] | Token
    FileBody = tuple[tuple[TfAttribute, ...], tuple[TfBlock, ...]]

_HEREDOC = pattern(r"<<(-?)\s*([\w.-]+)\r?\n(.*?)^[ \t]*\2\s*\Z", re.DOTALL | re.MULTILINE)
_MARK = pattern(r"\$\$\{|%%\{|\$\{|%\{")
_DIRECTIVE = pattern(r"\s*(?P<word>if|else|endif|for|endfor)\b(?:\s+(?:(?P<key>\w+)\s*,\s*)?(?P<value>\w+)\s+in\b)?")
_DEPTH = 100
_TOKEN = pattern(
    r""""(?:[^"\\\n]|\\.)*+"|<<-?([\w.-]+)\r?\n(?:(?![ \t]*+\1\b)[^\n]*+\n)*+"""
    r"""|\#[^\n]*+|//[^\n]*+|/\*(?s:.*?)\*/|\w++|[^\s\w]"""
)
MOST_WORK = 40_000
"""What parsing takes most of a second for, in all files of a conversion; a large configuration has an eighth in a file."""
_TOO_MUCH = f"has more than the {MOST_WORK:,} words and marks that are read here"
_MOST_CHARACTERS = 50_000_000
_OF_EACH_PLACE = 10
_LINES_OF_A_WORD = 4  # a line that is empty costs as much as a quarter of a word
_MOST_DIGITS = 400
_MOST_DIRECTIVES = 20  # in each other


class NotReadError(Exception):
    """Something is valid, perhaps, but cannot be read here. Its text is what it is."""

    def __init__(self, span: Span, what: str) -> None:
        super().__init__(what)
        self.span = span


class Parser:
    """Parses the files of one conversion: each once, whoever names it, and all together up to a limit."""

    def __init__(self) -> None:
        self._left = MOST_WORK
        self._known: dict[str, FileBody | int | None] = {}
        self._templates: dict[str, TfExpression] = {}
        self._characters = _MOST_CHARACTERS

    def taken_up(self, source: SourceText) -> SourceText:
        """A file whose text an expression takes up; all that are come to so much and no more.

        Raises:
            FileError: They are too large.

        """
        self._characters -= len(source.text)
        if self._characters < 0:
            what = f"with it, more than {_MOST_CHARACTERS:,} characters of files would be taken up"
            raise FileError(source.name, what, "Let a script on the VM fetch what is large.")
        return source

    def body(self, source: SourceText) -> FileBody | int | None:
        """The attributes and the blocks that a file holds; the offset at which it is no HCL; None where it is too much."""
        if source.name not in self._known:
            work = work_of(source.text)
            is_too_much = work > self._left
            self._left -= 0 if is_too_much else work
            self._known[source.name] = None if is_too_much else _body_or_place(source)
        return self._known[source.name]

    def template(self, source: SourceText) -> TfExpression:
        """The text that a template makes, which is all of a file; filling it in costs what is filled in, each time.

        Raises:
            NotReadError: What is to be filled in cannot be read, or is too much.

        """
        whole = Span(source, 0, len(source.text))
        known = self._templates.get(source.name)
        work = work_of(source.text) if known is None else _places(source.text)
        if work > self._left:
            raise NotReadError(whole, "a template that is this large")
        self._left -= work
        self._templates[source.name] = known or _HclReader(source).template(0, len(source.text), whole)
        return self._templates[source.name]


def read_blocks(source: SourceText, report: Report, parser: Parser) -> tuple[TfBlock, ...] | None:
    """The blocks of a configuration; None where it is none, which is reported."""
    body = _read_body(source, report, parser)
    return None if body is None else body[1]


def blocks_of(source: SourceText, report: Report, parser: Parser) -> tuple[TfBlock, ...]:
    """The blocks of a file beside what is converted: none where it cannot be read, which is a note."""
    body = parser.body(source)
    if isinstance(body, tuple):
        return body[1]
    what = _TOO_MUCH if body is None else "is not HCL, the language of Terraform"
    report.record(about_file(codes.LINKED_TEMPLATE, source.name, f"{what}: what it declares is not known here", _help(body)))
    return ()


def read_attributes(source: SourceText, report: Report, parser: Parser) -> tuple[TfAttribute, ...] | None:
    """The attributes that stand in a file outside of blocks, as in `.tfvars`; None where it is none, which is reported."""
    body = _read_body(source, report, parser)
    return None if body is None else body[0]


def _read_body(source: SourceText, report: Report, parser: Parser) -> FileBody | None:
    body = parser.body(source)
    if isinstance(body, tuple):
        return body
    start = body or 0
    what = f"this file {_TOO_MUCH}" if body is None else "this is not HCL, the language of Terraform"
    report.add(codes.NOT_TERRAFORM, Span(source, start, start + 1), what, help=_help(body))
    return None


def _help(body: int | None) -> str:
    if body is None:
        return "Split it, and give the file that the image template is in."
    return "Correct it: `terraform validate` says more."


def body_or_place(source: SourceText) -> FileBody | int | None:
    """The attributes and the blocks that a file holds; the offset at which it is no HCL; None where it is too large."""
    return Parser().body(source)


def _body_or_place(source: SourceText) -> FileBody | int:
    from lark.exceptions import LarkError

    try:
        (body,) = _parsed(source.text).children
        return _HclReader(source).body(body)
    except LarkError as error:
        position = getattr(error, "pos_in_stream", None)
    return min(position if isinstance(position, int) and position >= 0 else len(source.text), max(len(source.text) - 1, 0))


def work_of(text: str) -> int:
    """How much there is to parse: words, marks and lines outside of text, and what is filled into that, parsed by itself."""
    words = sum(1 for _ in _TOKEN.finditer(text))
    return words + text.count("\n") // _LINES_OF_A_WORD + _OF_EACH_PLACE * _places(text)


def _places(text: str) -> int:
    """How many places of a text are filled in."""
    return text.count("${") + text.count("%{")


def read_interpolation(source: SourceText, start: int, end: int, depth: int = 0) -> TfExpression:
    """The expression between two offsets of a text.

    Raises:
        NotReadError: It is none.

    """
    from lark.exceptions import LarkError

    begin = "x = ("
    try:
        (body,) = _parsed(f"{begin}{source.text[start:end]})").children
    except LarkError:
        raise NotReadError(Span(source, start, end), "this expression") from None
    return _HclReader(source, start - len(begin), depth).body(body)[0][0].value


def _parsed(text: str) -> Tree[Token]:
    from hcl2.api import parses_to_tree

    tree: Tree[Token] = parses_to_tree(text)
    return tree


class _HclReader:
    """Turns the tree of a text into blocks and expressions. `offset` is where the text begins in its source."""

    def __init__(self, source: SourceText, offset: int = 0, depth: int = 0) -> None:
        self.source = source
        self.offset = offset
        self.depth = depth

    def span(self, node: Node) -> Span:
        """Where a node stands."""
        start, end = (self.offset + offset for offset in _extent(node))
        trailing = len(text := self.source.text[start:end]) - len(text.rstrip())  # an operation may end in a line break
        return Span(self.source, start, end - trailing)

    def body(self, tree: Node) -> tuple[tuple[TfAttribute, ...], tuple[TfBlock, ...]]:
        """The attributes and the blocks of a body."""
        attributes, blocks = [], []
        for child in _trees(tree):
            if child.data == "attribute":
                name, _, value = child.children
                attributes.append(TfAttribute(_word(name), self.span(name), self.expression(value)))
            elif child.data == "block":
                blocks.append(self.block(child))
        return tuple(attributes), tuple(blocks)

    def block(self, tree: Tree[Token]) -> TfBlock:
        """A block."""
        body = next(child for child in _trees(tree) if child.data == "body")
        head = [child for child in _trees(tree) if child.data in {"identifier", "keyword", "string", "literal_value"}]
        words = [_word(child) if child.data != "string" else self._literal(child) for child in head]
        span = self.span(head[0])._replace(end=self.span(head[-1]).end)
        attributes, blocks = self.body(body)
        return TfBlock(words[0], tuple(words[1:]), attributes, blocks, span)

    def _literal(self, tree: Tree[Token]) -> str:
        try:
            text = self.string(tree)
        except NotReadError:  # no label says anything with a directive in it
            return ""
        return text.value if isinstance(text, TfValue) and isinstance(text.value, str) else ""

    def expression(self, node: Node) -> TfExpression:
        """An expression; what is not understood is a part of it, and matters only where it is needed."""
        if self.depth > _DEPTH:
            return TfUnread("an expression that is nested so deeply", self.span(node))
        self.depth += 1
        try:
            return self._expression(node)
        except NotReadError as error:
            return TfUnread(str(error), error.span)
        finally:
            self.depth -= 1

    def _expression(self, node: Node) -> TfExpression:  # noqa: C901, PLR0912 - a case each kind of expression
        children = _significant(node)
        match _kind(node):
            case "expr_term" | "template_string":
                inner = [child for child in children if _kind(child) not in {"LPAR", "RPAR"}]
                return self.expression(inner[0])
            case "string":
                return self.string(node)
            case "heredoc_template" | "heredoc_template_trim":
                return self.heredoc(node)
            case "int_lit":
                if len(_text(node)) > _MOST_DIGITS:
                    return TfUnread("a number of so many digits", self.span(node))
                return TfValue(int(_text(node)), self.span(node))
            case "float_lit":
                return TfValue(float(_text(node)), self.span(node))
            case "literal_value":
                value = {"true": True, "false": False, "null": None}[_text(node)]
                return TfValue(value, self.span(node))
            case "identifier" | "keyword":
                return TfName(_text(node), self.span(node))
            case "tuple":
                return TfList(tuple(map(self.expression, _operands(children))), self.span(node))
            case "object":
                elements = (child for child in children if _kind(child) == "object_elem")
                return TfObject(tuple(map(self.element, elements)), self.span(node))
            case "function_call":
                return self.call(node, children)
            case "get_attr_expr_term" | "index_expr_term":
                target, key = _operands(children)
                return TfAccess(self.expression(target), self.key(key), self.span(node))
            case "attr_splat_expr_term" | "full_splat_expr_term" as kind:
                target, splat = _operands(children)
                steps = _operands(_significant(splat))
                # Behind `.*` an index takes one of the list, behind `[*]` it is taken of each.
                own = list(takewhile(lambda step: kind.startswith("full") or _kind(step) == "get_attr", steps))
                whole: TfExpression = TfSplat(self.expression(target), tuple(map(self.key, own)), self.span(node))
                for step in steps[len(own) :]:
                    whole = TfAccess(whole, self.key(step), self.span(node))
                return whole
            case "conditional":
                condition, then, otherwise = map(self.expression, _operands(children))
                return TfChoice(condition, then, otherwise, self.span(node))
            case "binary_op":
                left, term = _operands(children)
                operator, right = _significant(term)
                operands = (self.expression(left), self.expression(right))
                return TfOperation(_text(operator).strip(), operands, self.span(node))
            case "unary_op":
                operator, operand = children
                return TfOperation(_text(operator), (self.expression(operand),), self.span(node))
            case "for_tuple_expr" | "for_object_expr":
                return self.loop(node, children)
            case kind:
                return TfUnread(f"this ({kind})", self.span(node))

    def element(self, node: Node) -> tuple[TfExpression, TfExpression]:
        """A key and its value in an object."""
        key, value = _operands(_significant(node))
        (inner,) = _significant(key)
        written = self.expression(inner)
        parenthesized = self.span(key).text.startswith("(")
        if isinstance(written, TfName) and not parenthesized:
            written = TfValue(written.name, written.span)
        elif isinstance(written, TfValue):
            written = TfValue(_as_key(written.value), written.span)
        return written, self.expression(value)

    def key(self, node: Node) -> TfExpression:
        """What stands after a dot or in brackets."""
        children = _operands(_significant(node))
        if _kind(node) == "short_index" and len(_text(node)) <= _MOST_DIGITS:
            return TfValue(int(_text(node).lstrip(".")), self.span(node))
        if _kind(node) == "get_attr":
            return TfValue(_text(children[0]), self.span(children[0]))
        return self.expression(children[0])

    def call(self, node: Node, children: Sequence[Node]) -> TfExpression:
        """A call of a function."""
        names = [_text(child) for child in children if _kind(child) == "identifier"]
        arguments = next((child for child in children if _kind(child) == "arguments"), None)
        given = () if arguments is None else tuple(map(self.expression, _operands(_significant(arguments))))
        if arguments is not None and any(_kind(child) == "ELLIPSIS" for child in _significant(arguments)):
            given = (*given[:-1], TfCall("...", given[-1:], self.span(arguments)))
        return TfCall("::".join(names), given, self.span(node))

    def loop(self, node: Node, children: Sequence[Node]) -> TfExpression:
        """A `for` in brackets or braces."""
        intro = next(child for child in children if _kind(child) == "for_intro")
        condition = next((child for child in children if _kind(child) == "for_cond"), None)
        results = [self.expression(child) for child in _operands(children) if _kind(child) not in {"for_intro", "for_cond"}]
        parts = _operands(_significant(intro))
        *names, collection = parts
        words = [_text(name) for name in names]
        return TfFor(
            words[0] if len(words) > 1 else None,
            words[-1],
            self.expression(collection),
            results[0] if len(results) > 1 else None,
            results[-1],
            None if condition is None else self.expression(_operands(_significant(condition))[0]),
            self.span(node),
            any(_kind(child) == "ELLIPSIS" for child in children),
        )

    def string(self, node: Node) -> TfExpression:
        """A text in quotes."""
        span = self.span(node)
        parts: list[str | TfExpression] = []
        for part in _trees(node):
            (inner,) = part.children
            match _kind(inner):
                case "STRING_CHARS":
                    parts.append(_unescaped(str(inner)))
                case "ESCAPED_INTERPOLATION" | "ESCAPED_DIRECTIVE":
                    parts.append(_unescaped(str(inner)[1:]))
                case "interpolation":
                    parts.append(self.expression(_operands(_significant(inner))[0]))
                case _:  # a directive, which the text around it belongs to
                    return self.template(span.start + 1, span.end - 1, span, quoted=True)
        return _joined(parts, span)

    def heredoc(self, node: Node) -> TfExpression:
        """A text of several lines; `<<-` takes away the indentation that all lines have."""
        span = self.span(node)
        found = _HEREDOC.match(span.text)
        if found is None:
            raise NotReadError(span, "this text")
        lines = [line for line in found[3].split("\n") if line.strip()] if found[1] else []
        width = min((len(line) - len(line.lstrip(" \t")) for line in lines), default=0)
        return self.template(span.start + found.start(3), span.start + found.end(3), span, width=width)

    def template(self, start: int, end: int, span: Span, *, quoted: bool = False, width: int = 0) -> TfExpression:
        """The text between two offsets of the source, with `${…}` and `%{…}` in it.

        `quoted`: with escapes too; `width` is how far its lines are moved to the left.
        """
        text = self.source.text[:end]
        pieces: list[_Piece] = []
        at, strips = start, False
        while True:
            mark = _MARK.search(text, at)
            plain = text[at : len(text) if mark is None else mark.start()].replace("\r\n", "\n")
            if width:
                line = "(?:^|(?<=\n))" if at == start else "(?<=\n)"
                plain = re.sub(f"{line}[ \t]{{1,{width}}}", "", plain)
            plain = plain.lstrip() if strips else plain
            strips = False
            pieces.append(_unescaped(plain) if quoted else plain)
            if mark is None:
                break
            if mark[0] in {"$${", "%%{"}:
                pieces.append(mark[0][1:])
                at = mark.end()
                continue
            opened = Span(self.source, *mark.span())
            close = closing_brace(text, mark.end(), opened)
            first, last = mark.end() + text.startswith("~", mark.end()), close - text.startswith("~", close - 1)
            if first > mark.end() and isinstance(pieces[-1], str):
                pieces[-1] = pieces[-1].rstrip()
            strips = last < close
            pieces.append(
                read_interpolation(self.source, first, last, self.depth)
                if mark[0] == "${"
                else self.directive(first, last, opened._replace(end=close + 1))
            )
            at = close + 1
        return _put_together(pieces, span)

    def directive(self, start: int, end: int, span: Span) -> _Directive:
        """What stands between the braces of a `%{…}`."""
        found = _DIRECTIVE.match(self.source.text[:end], start)
        if found is None:
            raise NotReadError(span, "this directive (%{…})")
        word, names = found["word"], tuple(name for name in (found["key"], found["value"]) if name)
        given = found.end() < end and self.source.text[found.end() : end].strip() != ""
        if given != (word in {"if", "for"}) or (word == "for") != bool(names):
            raise NotReadError(span, "this directive (%{…})")
        return _Directive(word, names, read_interpolation(self.source, found.end(), end, self.depth) if given else None, span)


@dataclass(frozen=True, slots=True)
class _Directive:
    """`%{ if … }`, `%{ else }`, `%{ endif }`, `%{ for … in … }` or `%{ endfor }`."""

    word: str
    names: tuple[str, ...]
    given: TfExpression | None
    span: Span


_Piece: TypeAlias = "str | TfExpression | _Directive"


def _put_together(pieces: Sequence[_Piece], span: Span) -> TfExpression:
    """A text of pieces: directives decide about those between them."""
    words = [piece.word for piece in pieces if isinstance(piece, _Directive)]
    if max(accumulate({"if": 1, "for": 1}.get(word, -1) for word in words if word != "else"), default=0) > _MOST_DIRECTIVES:
        raise NotReadError(span, "a text with directives (%{…}) that are nested so deeply")
    return _until(list(pieces), frozenset(), span)


def _until(waiting: list[_Piece], ends: frozenset[str], span: Span) -> TfExpression:
    """The pieces up to a directive that ends them, which stays first of those that wait."""
    parts: list[str | TfExpression] = []
    while waiting:
        piece = waiting[0]
        if isinstance(piece, _Directive) and piece.word in ends:
            break
        waiting.pop(0)
        parts.append(_block(piece, waiting) if isinstance(piece, _Directive) else piece)
    return _joined(parts, span)


def _block(head: _Directive, waiting: list[_Piece]) -> TfExpression:
    """A text that a directive decides about, up to the one that ends it."""
    if head.given is None:
        raise NotReadError(head.span, f"%{{ {head.word} }} where none belongs")
    inner = _until(waiting, frozenset({"else", "endif"} if head.word == "if" else {"endfor"}), head.span)
    if not waiting:
        raise NotReadError(head.span, f"%{{ {head.word} }} without an end")
    end = waiting.pop(0)
    if head.word == "for":
        key, value = (head.names[0], head.names[1]) if len(head.names) > 1 else (None, head.names[0])
        loop = TfFor(key, value, head.given, None, inner, None, head.span)
        return TfCall("join", (TfValue("", head.span), loop), head.span)
    otherwise: TfExpression = TfValue("", head.span)
    if isinstance(end, _Directive) and end.word == "else":
        otherwise = _until(waiting, frozenset({"endif"}), head.span)
        if not waiting:
            raise NotReadError(head.span, "%{ if } without an end")
        waiting.pop(0)
    return TfChoice(head.given, inner, otherwise, head.span)


def _joined(parts: Sequence[str | TfExpression], span: Span) -> TfExpression:
    """A text, its plain pieces put together; the value itself where it is all there is."""
    joined: list[str | TfExpression] = []
    for part in parts:
        if isinstance(part, TfValue) and isinstance(part.value, str):
            part = part.value  # noqa: PLW2901 - a text in a text is text
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    match joined:
        case []:
            return TfValue("", span)
        case [str() as text]:
            return TfValue(text, span)
        case [one] if not isinstance(one, str):
            return one
        case _:
            return TfText(tuple(joined), span)


def closing_brace(text: str, at: int, span: Span) -> int:
    """Where the brace is that closes an interpolation; `span` is where it opens.

    Raises:
        NotReadError: There is none.

    """
    depth, quoted = 0, False
    while at < len(text):
        char = text[at]
        if quoted and char == "\\":
            at += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted and char == "{":
            depth += 1
        elif not quoted and char == "}":
            if depth == 0:
                return at
            depth -= 1
        at += 1
    raise NotReadError(span, "what has no closing brace")


def _unescaped(text: str) -> str:
    def replace(found: re.Match[str]) -> str:
        escape = found[0]
        if escape[1] in "uU" and len(escape) > len(r"\u"):
            number = int(f"0x{escape[2:]}", 0)
            return chr(number) if number <= sys.maxunicode else "\ufffd"  # as Go writes what is no character
        return {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}.get(escape[1], escape)

    return re.sub(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", replace, text, flags=re.DOTALL)


def _as_key(value: str | float | None) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kind(node: Node) -> str:
    from lark import Tree

    return str(node.data) if isinstance(node, Tree) else str(node.type)


def _trees(node: Node) -> Iterator[Tree[Token]]:
    from lark import Tree

    return (child for child in node.children if isinstance(child, Tree)) if isinstance(node, Tree) else iter(())


def _significant(node: Node) -> list[Node]:
    """The children that are no comments and line breaks."""
    from lark import Tree

    if not isinstance(node, Tree):
        return []
    return [child for child in node.children if child is not None and _kind(child) != "new_line_or_comment"]


def _operands(nodes: Sequence[Node]) -> list[Node]:
    """The trees among nodes: tokens are punctuation."""
    from lark import Tree

    return [node for node in nodes if isinstance(node, Tree)]


def _text(node: Node) -> str:
    from lark import Tree

    if not isinstance(node, Tree):
        return str(node).strip()
    return "".join(_text(child) for child in node.children)


def _word(node: Node) -> str:
    return _text(node)


def _extent(node: Node) -> tuple[int, int]:
    from lark import Tree

    if not isinstance(node, Tree):
        return node.start_pos or 0, node.end_pos or 0
    if node.meta.empty:
        return 0, 0
    return node.meta.start_pos, node.meta.end_pos
