"""What Packer 1.16 prints, taken apart."""

from aib2packer.findings import codes
from aib2packer.verify.complaints import Complaint, read_complaints

VALIDATED = """\
Warning: Undefined variable

The variable "undeclared" was set but was not declared as an input variable.
To declare variable "undeclared" place this block in one of your .pkr.hcl files,
such as variables.pkr.hcl

variable "undeclared" {
  type    = string
  default = null
}


The configuration is valid.
"""
REFUSED = """\
\x1b[1;31mError: Unsupported argument

  on build.pkr.hcl line 56, in source "azure-arm" "web":
  56:   vm_sizes = 3

An argument named "vm_sizes" is not expected here. Did you mean "vm_size"?

\x1b[0m
Error: 2 error(s) occurred:

* A managed_image_name must be specified
* At least one file must exist

  on build.pkr.hcl line 43:
  (source code not available)



"""
NOWHERE = """\
Error: Missing plugins

The following plugins are required, but not installed:

* github.com/hashicorp/azure ~> 2.6

Did you run packer init for this project ?


"""


def test_nothing_is_read_where_all_is_well() -> None:
    assert read_complaints("The configuration is valid.\n") == ()
    assert read_complaints("") == ()


def test_a_warning_is_read_with_what_it_says_further_on() -> None:
    (warning,) = read_complaints(VALIDATED)

    assert (warning.code, warning.summary, warning.line) == (codes.NOTED_BY_PACKER, "Undefined variable", None)
    assert warning.detail.startswith('The variable "undeclared" was set but was not declared as an input variable. To declare')
    assert "configuration is valid" not in warning.detail


def test_errors_are_read_with_their_places_and_without_colours() -> None:
    assert read_complaints(REFUSED) == (
        Complaint(
            codes.REFUSED_BY_PACKER,
            "Unsupported argument",
            'An argument named "vm_sizes" is not expected here. Did you mean "vm_size"?',
            "build.pkr.hcl",
            56,
        ),
        Complaint(
            codes.REFUSED_BY_PACKER,
            "2 error(s) occurred:",
            "* A managed_image_name must be specified * At least one file must exist",
            "build.pkr.hcl",
            43,
        ),
    )


def test_line_ends_of_windows_change_nothing() -> None:
    assert read_complaints(REFUSED.replace("\n", "\r\n")) == read_complaints(REFUSED)


def test_an_error_without_a_place_is_read() -> None:
    (error,) = read_complaints(NOWHERE)

    assert error.text == (
        "Missing plugins: The following plugins are required, but not installed: * github.com/hashicorp/azure ~> 2.6"
    )
