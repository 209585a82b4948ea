"""Words of commands: what a shell makes of them is what was meant."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.hcl.values import HclCode, Interpolation, Local, SlashPart, Value, Variable
from aib2packer.packer.shell_words import (
    CommandOutput,
    IdPart,
    Word,
    assignments,
    assignments_for,
    default_of,
    shown_word,
    to_set,
    word,
)

X = Variable("x", default="a b")


def echoed(script: str) -> str:
    return subprocess.run(["bash", "-c", script], capture_output=True, check=True, text=True, timeout=10).stdout


@given(st.text(st.characters(codec="utf-8")).filter(str.isprintable))
def test_a_literal_word_is_one_word(text: str) -> None:
    made = word(text)

    assert made is not None
    assert echoed(f"printf '%s' {made}") == text


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        (("/subscriptions/", X, "/end"), '"/subscriptions/$x/end"'),
        ((X, "-web"), '"$x-web"'),
        ((X, "web"), '"${x}web"'),
        ((Interpolation(("a", X)), Local("y", "")), '"a$x$y"'),
        (('$("`\\', X), r'"\$(\"\`\\$x"'),
    ],
)
def test_variables_of_the_build_are_variables_of_the_shell(parts: tuple[str | Variable | Interpolation], shown: str) -> None:
    assert str(word(*parts)) == shown


def test_a_word_can_be_what_a_command_prints() -> None:
    assert str(Word((CommandOutput("echo ", Word(("1",)), ""),))) == '"$(echo 1)"'


@pytest.mark.parametrize("value", [HclCode("local.parts[1]"), Interpolation(("a", HclCode("b"))), "two\nlines", None])
def test_what_is_known_later_or_cannot_be_seen_is_no_word(value: HclCode | Interpolation | str | None) -> None:
    assert word("a", value) is None


WHOLE = '"${id%/versions/*}"'


def part(index: int, last: int = 10) -> SlashPart:
    return SlashPart(f"local.id_parts[{index}]", (Local("id_parts", ""),), index, Variable("id"), last)


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ((part(2),), '"$id_field_3"'),
        (("/subscriptions/", part(2)), '"/subscriptions/$id_field_3"'),
        (
            ("/subscriptions/", part(2), "/resourceGroups/", part(4), "/x/", X),
            '"/subscriptions/$id_field_3/resourceGroups/$id_field_5/x/$x"',
        ),
        (("/subscriptions/", part(2, 4), "/resourceGroups/", part(4, 4), "/x"), '"$id/x"'),
        (("/subscriptions/", part(2, 12), "/resourceGroups/", part(4, 12), "/p/n/g/", part(8, 12), "/i/", part(10, 12)), WHOLE),
        (
            ("/subscriptions/", part(2), "/resourceGroups/", part(4), "/p/n/g/", part(8)),
            '"/subscriptions/$id_field_3/resourceGroups/$id_field_5/p/n/g/$id_field_9"',
        ),
        ((Interpolation(("a", part(2))), part(4)), '"a$id_field_3$id_field_5"'),
        ((part(4), HclCode("x")), '"$id_field_5..."'),
    ],
)
def test_parts_of_an_id_have_variables_of_their_own_but_for_a_whole_id(parts: tuple[Value, ...], shown: str) -> None:
    assert str(shown_word(*parts)) == shown
    assert shown_word(*parts).names[0] == Variable("id")


@pytest.mark.parametrize("version", ["", "/versions/1.0.0"])
def test_a_shell_takes_an_id_apart(version: str) -> None:
    gallery = word("/subscriptions/", part(2), "/resourceGroups/", part(4), "/providers/C/galleries/", part(8, 12))
    image = word("/subscriptions/", part(2, 12), "/resourceGroups/", part(4, 12), "/x/y/z/", part(8, 12), "/i/", part(10, 12))
    assert gallery is not None
    assert image is not None
    own = f"/subscriptions/S/resourceGroups/R/providers/C/galleries/G/images/I{version}"
    lines = assignments((gallery, image), lambda _: own)

    assert lines == (f"id={own}", *(f'id_field_{n}=$(echo "$id" | cut -d / -f {n})' for n in (3, 5, 9)))
    assert assignments_for([f"az x --scope {gallery}"]) == ("id=...  # all of the id: /subscriptions/...", *lines[1:])
    assert echoed("\n".join((*lines, f"echo {gallery} {image}"))) == (
        "/subscriptions/S/resourceGroups/R/providers/C/galleries/G "
        "/subscriptions/S/resourceGroups/R/providers/C/galleries/G/images/I\n"
    )
    assert str(image.filled(lambda _: own)) == own.removesuffix(version)


def test_an_id_that_no_word_says_has_the_name_of_its_local() -> None:
    late = SlashPart("local.image_parts[2]", (Local("image_parts", ""),), 2, HclCode("var.ids.web"), 4)
    made = word(late)
    assert made is not None
    assert str(made) == '"$image_field_3"'
    assert assignments((made,)) == ("image=...", 'image_field_3=$(echo "$image" | cut -d / -f 3)')
    assert to_set((made,)) == ', with `image` set in the shell, then `image_field_3=$(echo "$image" | cut -d / -f 3)`'


def test_an_id_of_which_commands_have_a_part_and_all_is_set_once_and_before() -> None:
    assert assignments_for(['az x --scope "$id"', 'az y --scope "/subscriptions/$id_field_3"']) == (
        "id=...  # all of the id: /subscriptions/...",
        'id_field_3=$(echo "$id" | cut -d / -f 3)',
    )


def test_each_variable_is_assigned_once_with_its_default() -> None:
    first, second = word(Variable("x"), X), word(Variable("key", default="k", sensitive=True))

    assert first is not None
    assert second is not None
    assert assignments((first, second)) == ('x="a b"', "key=...")
    assert assignments((first, second), lambda name: {"x": "given"}.get(name.name)) == ("x=given", "key=...")


def test_a_word_is_filled_with_the_values_that_are_known_and_names_what_is_to_be_set() -> None:
    known, open_ = Variable("group", "", default="images"), Variable("gallery", "")
    filled = Word((known, "/", open_)).filled(default_of)
    assert str(filled) == '"images/$gallery"'
    assert to_set((filled, filled)) == ", with `gallery` set in the shell"
    assert to_set((Word((open_, known)),)) == ", with `gallery` and `group` set in the shell"
    assert not to_set((Word((known,)).filled(default_of),))


def test_a_part_of_an_id_that_is_known_is_that_part() -> None:
    whole = Variable("id", "", default="/subscriptions/s/resourceGroups/g")
    assert str(Word((IdPart("id_parts", Word((whole,)), 4, 4),)).filled(default_of)) == "g"
