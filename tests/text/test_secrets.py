"""Secrets are found by what surrounds them, masked, and nothing else is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.text.secrets import find_secrets, mask, names_secret


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "https://a.blob.core.windows.net/c/x.sh?sv=1&sig=ab%2Bc%3D&se=2",
            "https://a.blob.core.windows.net/c/x.sh?sv=1&sig=***&se=2",
        ),
        ("curl 'https://x/y?sig=a+b/c==' -o z", "curl 'https://x/y?sig=***' -o z"),
        ("?SIG=abc", "?SIG=***"),
        (f'i.ps1 -PatToken "{"cf6b" * 13}" -Url x', 'i.ps1 -PatToken "***" -Url x'),
        (f"run.sh --token {'cf6b' * 13}", "run.sh --token ***"),
        (f'"i.ps1 -PatToken \\"{"cf6b" * 13}\\""', '"i.ps1 -PatToken \\"***\\""'),
        (f"run.sh -v --api-key={'cf6b' * 8}; ls", "run.sh -v --api-key=***; ls"),
        (f"i.ps1 -SasToken '?sv=1&sig=a%3D' -Password:'{'cf6b' * 5}'", "i.ps1 -SasToken '?sv=1&sig=***' -Password:'***'"),
        ("sig=abc&sv=1", "sig=***&sv=1"),
        ("sig=" + "aB3+" * 10 + "abc=", "sig=***"),
        (
            "https://x/?u=https%3A%2F%2Fy%3Fsv%3D1%26sig%3Da%252Bb%26se%3D2&z=3",
            "https://x/?u=https%3A%2F%2Fy%3Fsv%3D1%26sig%3D***%26se%3D2&z=3",
        ),
        ("u=%253Fsig%253Dabc", "u=%253Fsig%253D***"),
        (r"https://x/?sv=1\u0026sig=a\u002Bb\/c\u0026se=2", r"https://x/?sv=1\u0026sig=***\u0026se=2"),
        ("https://x/?sv=1&amp;sig=abc&amp;se=2", "https://x/?sv=1&amp;sig=***&amp;se=2"),
        (r"\"https://x/?sig=abc\" y", r"\"https://x/?sig=***\" y"),
        ("$sig=x?sig=abc", "$sig=x?sig=***"),
        ("https://x/?u=https://user:pass@y&token=a", "https://x/?u=https://***@y&token=***"),
        ("a ?sig=1 b ?sig=2 c", "a ?sig=*** b ?sig=*** c"),
        ("https://x/?token=abc&y=1", "https://x/?token=***&y=1"),
        ("https://x.azurewebsites.net/api/f?code=a==&y=1", "https://x.azurewebsites.net/api/f?code=***&y=1"),
        ("https://x/?X-Amz-Date=1&X-Amz-Signature=abc", "https://x/?X-Amz-Date=1&X-Amz-Signature=***"),
        ("https://x/?a=1&access_token=b&client_secret=c", "https://x/?a=1&access_token=***&client_secret=***"),
        ("https://x/?key=AIzaSyABCDEFGHIJKLM", "https://x/?key=***"),
        (r"https:\/\/x\/?token=a\/b", r"https:\/\/x\/?token=***"),
        ("https://x/?token=a%3Fsig%3Db&c=d", "https://x/?token=***&c=d"),
        *(
            (f"https://x/?a=1&{name}=b/c&d=e", f"https://x/?a=1&{name}=***&d=e")
            for name in (
                "sas_token",
                "api_token",
                "sharedkey",
                "authkey",
                "pat",
                "sasToken",
                "X-Auth-Token",
                "personal_access_token",
            )
        ),
        *(
            (f"https://x/?{name}=abc", f"https://x/?{name}=***")
            for name in (
                *("%73ig", "api%5Ftoken", "%74oken", "passphrase", "storageKey", "function-key", "session_id", "Authorization"),
                *("connectionString", "bearer", "otp", "ticket"),
                *("private_key", "licenseKey", "oauth_signature", "SharedAccessSignature", "pass", "rlkey", "tempauth"),
            )
        ),
        *(
            (f"https://x/?{name}=abc", f"https://x/?{name}=***")
            for name in ("shared-access-key", "subscription-key", "app_secret", "dbPassword", "credential", "PRIVATE-TOKEN")
        ),
        ("https://x/?u=https%3A%2F%2Fy%3Fsas_token%3Dab", "https://x/?u=https%3A%2F%2Fy%3Fsas_token%3D***"),
        ("https://user:pass@x/y", "https://***@x/y"),
        ("https://user:p@ss@x/y?z=@", "https://***@x/y?z=@"),
        ("ftp://:pass@x", "ftp://***@x"),
        ("git clone https://ghp_0123456789abcdefghij@github.com/x", "git clone https://***@github.com/x"),
        ("AccountName=x;AccountKey=ab/c+d==;EndpointSuffix=y", "AccountName=x;AccountKey=***;EndpointSuffix=y"),
        ("https://u:p@x/?sig=abc&token=def", "https://***@x/?sig=***&token=***"),
        ("join.ps1 -User admin -Password 'P@ssw0rd!' -Wait", "join.ps1 -User admin -Password '***' -Wait"),
        ("run.sh --db-password=Pa55word", "run.sh --db-password=***"),
    ],
)
def test_secrets_are_masked_and_the_rest_stays(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "design=abc",
        "sig=abc",
        "$sig = Get-AuthenticodeSignature x",
        "$sig=Get-AuthenticodeSignature x",
        "?sig=$SAS",
        "?sig=${SAS}&se=1",
        "?sig=<signature>",
        "?sig={{sas}}",
        "https://x/?token=%TOKEN%",
        "?sig=***&se=1",
        "token=abc",
        "run.sh --token $TOKEN_OF_THE_BUILD_AGENT_1 --password abc",
        "run.ps1 -Password $Password1 -Pwd <password1> --password=%PASSWORD1% -PasswordFile secret1.txt",
        "i.ps1 -Password (Get-Secret build-agent-password-1)",
        "run.sh --token-file token-of-the-build-agent-1.txt --secret /run/secrets/token-of-the-build-agent-1",
        f"gacutil -PublicKeyToken {'31bf' * 6}",
        f"run.sh --pattern {'31bf' * 6}",
        "az keyvault secret show --secret name-of-the-secret-of-the-build",
        "https://x/?pageToken=abc&nextToken=b&continuation_token=c",
        "https://x/?path=a&pattern=b&dispatch=c&monkey=d&tokens=e",
        "password=abc",
        "https://x/?keyword=a&zipcode=1&monkey=2&barcode=3",
        "https://x/?key=short",
        "https://x/y@z?api-version=1",
        "https://organisation@dev.azure.com/x",
        "https://my-long-organisation-name@dev.azure.com/x",
        "https://user:@x",
        "https://$USER:$PASSWORD@x",
        "https://%USER%:%PASSWORD%@x",
        "https://x:8080/y",
        "mailto:someone@example.com",
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert mask(text) == text


def test_offsets_are_those_of_the_values() -> None:
    text = "https://u:p@x/?sig=abc&token=def"
    assert [text[start:end] for start, end in find_secrets(text)] == ["u:p", "abc", "def"]


_PIECES = st.sampled_from(
    ["https://", "a", "?", "&", "sig=", "token=", "%26", "%3D", "@", ":", "/", " ", '"', "\\", "$", "AccountKey="]
)


@given(st.lists(_PIECES, max_size=25).map("".join) | st.text())
def test_offsets_are_in_order_and_apart_and_within_the_text(text: str) -> None:
    offsets = [offset for secret in find_secrets(text) for offset in secret]
    assert offsets == sorted(set(offsets))
    assert all(0 <= offset <= len(text) for offset in offsets)


@given(st.text(alphabet="abcXYZ019%+/=._~-", min_size=1), st.sampled_from(["", "&se=1", '"', " "]))
def test_no_signature_is_shown_in_part(value: str, after: str) -> None:
    if value[0] == "%":
        value = "%2B" + value
    assert mask(f"https://x/y?sv=1&sig={value}{after}") == f"https://x/y?sv=1&sig=***{after}"


@pytest.mark.parametrize(
    "piece", ["a", "sig=", "?sig=%25", "://", "://a:", "&token=", "%25", "://x?", "@", "AccountKey=", "-token 1", "-a"]
)
def test_long_texts_take_time_in_proportion(piece: str) -> None:
    text = "://" + piece * (200_000 // len(piece))
    before = time.process_time()
    find_secrets(text)
    assert time.process_time() - before < 5  # a pattern that looks back and forth would take minutes


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        *((name, True) for name in ("acctKey", "storage-key", "connectionString", "registryPassword", "sasToken")),
        *((name, True) for name in ("storageaccountkey", "adminpassword", "clientSecret", "key", "github_pat", "PAT", "Sas")),
        *((name, False) for name in ("keyName", "keyVaultName", "publicKey", "sshPublicKey", "nextToken", "hotpat")),
    ],
)
def test_a_name_says_that_it_is_of_a_secret(name: str, *, is_secret: bool) -> None:
    assert names_secret(name) == is_secret
