import base64
import hmac
import json
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from services.runtime.errors import Unauthenticated, Unavailable
from services.runtime.identity import Caller, Verifier
from services.runtime.issuer import Issuer, NotLoopback
from services.runtime.keys import DiscoveredKeys, GivenKeys
from services.runtime.service_tokens import from_client_credentials, from_issuer

HOME = "https://issuer.example.org"
KEY = ECKey.generate_key("P-256", auto_kid=True)
VERIFIER = Verifier(issuer=HOME, keys=GivenKeys(KeySet([ECKey.import_key(KEY.as_dict(private=False))])))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def claims(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    coach = {"iss": HOME, "sub": "anna", "aud": "motesplats", "exp": now + 60, "role": "coach", "centre": "hsa:SE1"}
    return {name: value for name, value in {**coach, **changes}.items() if value is not None}


def signed(payload: dict[str, Any], key: Key = KEY, **header: object) -> str:
    algorithm = str(header.get("alg", "ES256"))
    return jwt.encode({"kid": key.kid, "alg": algorithm, **header}, payload, key, algorithms=[algorithm])


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def shared_secret(secret: bytes) -> str:
    signed_part = f"{part({'alg': 'HS256', 'kid': KEY.kid})}.{part(claims())}"
    signature = hmac.digest(secret, signed_part.encode(), "sha256")
    return f"{signed_part}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def with_key_in_header() -> str:
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    return signed(claims(), stranger, jwk=stranger.as_dict(private=False))


def with_other_claims() -> str:
    header, _, signature = signed(claims()).split(".")
    return ".".join((header, part(claims(role="operator")), signature))


async def test_a_token_tells_who_calls_and_for_whom() -> None:
    assert await VERIFIER.caller(signed(claims()), service="shop") == Caller(
        subject="anna", role="coach", centre="hsa:SE1", audience=("motesplats",)
    )


@pytest.mark.parametrize(
    ("role", "claim"),
    [("centre", "centre"), ("coordinator", "municipality"), ("organiser", "organiser"), ("region", None)],
)
async def test_each_role_is_let_in_with_the_claim_that_it_must_carry(role: str, claim: str | None) -> None:
    mine = {claim: "x:1"} if claim else {}
    caller = await VERIFIER.caller(signed(claims(role=role, **{"centre": None, **mine})), service="shop")
    assert caller.role == role
    assert claim is None or getattr(caller, claim) == "x:1"


async def test_a_service_is_let_in_with_a_token_for_the_service_that_it_calls() -> None:
    token = signed(claims(role="service", centre=None, aud="shop", scope="stock.read stock.count"))
    caller = await VERIFIER.caller(token, service="shop")
    assert caller.scope == {"stock.read", "stock.count"}
    with pytest.raises(Unauthenticated):
        await VERIFIER.caller(token, service="bank")


async def test_a_clock_that_differs_by_half_a_minute_is_forgiven() -> None:
    now = int(time.time())
    assert await VERIFIER.caller(signed(claims(exp=now - 20, nbf=now + 20, iat=now + 20)), service="shop")


REFUSED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token at all": lambda: "anna",
    "no algorithm": lambda: f"{part({'alg': 'none'})}.{part(claims())}.",
    "no algorithm, spelled oddly": lambda: f"{part({'alg': 'nOnE'})}.{part(claims())}.",
    "the public key as a shared secret": lambda: shared_secret(KEY.as_pem(private=False)),
    "the public key as JSON as a shared secret": lambda: shared_secret(json.dumps(KEY.as_dict(private=False)).encode()),
    "a stranger's key under our key's id": lambda: signed(claims(), ECKey.generate_key("P-256"), kid=KEY.kid),
    "a stranger's key brought along": with_key_in_header,
    "another key's id": lambda: signed(claims(), kid="other"),
    "other claims under the signature": with_other_claims,
    "claims that are no object": lambda: jws.serialize_compact({"alg": "ES256", "kid": KEY.kid}, b"[1]", KEY),
    "another issuer": lambda: signed(claims(iss="https://issuer.example.com")),
    "no issuer": lambda: signed(claims(iss=None)),
    "expired": lambda: signed(claims(exp=int(time.time()) - 40)),
    "never expiring": lambda: signed(claims(exp=None)),
    "expiring in words": lambda: signed(claims(exp="tomorrow")),
    "not valid yet": lambda: signed(claims(nbf=int(time.time()) + 40)),
    "for another audience": lambda: signed(claims(aud="elsewhere")),
    "for this service, but a person's": lambda: signed(claims(aud="shop")),
    "for nobody": lambda: signed(claims(aud=None)),
    "for an empty list": lambda: signed(claims(aud=[])),
    "of nobody": lambda: signed(claims(sub=None)),
    "without a role": lambda: signed(claims(role=None)),
    "with an unknown role": lambda: signed(claims(role="king")),
    "with two roles": lambda: signed(claims(role=["coach"])),
    "of a coach without a centre": lambda: signed(claims(centre=None)),
    "of a coach with an empty centre": lambda: signed(claims(centre=" ")),
    "of a coach of two centres": lambda: signed(claims(centre=["hsa:SE1", "hsa:SE2"])),
    "of a centre without a centre": lambda: signed(claims(role="centre", centre=None)),
    "of a coordinator without a municipality": lambda: signed(claims(role="coordinator")),
    "of an organiser without an organiser": lambda: signed(claims(role="organiser")),
    "of a service without a call": lambda: signed(claims(role="service", aud="shop")),
    "of a service for people's audience": lambda: signed(claims(role="service", scope="stock.read")),
}


@pytest.mark.parametrize("trick", REFUSED)
async def test_a_token_that_proves_nothing_is_refused(trick: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await VERIFIER.caller(REFUSED[trick](), service="shop")
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


@given(token=st.text() | st.lists(st.binary(), max_size=5).map(lambda parts: b".".join(parts).decode("latin-1")))
async def test_no_text_whatever_breaks_the_verifier(token: str) -> None:
    with pytest.raises(Unauthenticated):
        await VERIFIER.caller(token, service="shop")


@given(
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x"]), JSON),
    payload=JSON,
)
async def test_no_header_whatever_breaks_the_verifier(header: dict[str, Any], payload: object) -> None:
    with pytest.raises(Unauthenticated):
        await VERIFIER.caller(f"{part({'alg': 'ES256', 'kid': KEY.kid} | header)}.{part(payload)}.AAAA", service="shop")


@given(changes=st.dictionaries(st.sampled_from([*claims(), "nbf", "iat", "scope", "jti"]), JSON, min_size=1))
async def test_no_claim_whatever_breaks_the_verifier(changes: dict[str, Any]) -> None:
    try:
        caller = await VERIFIER.caller(signed({**claims(), **changes}), service="shop")
    except Unauthenticated:
        return
    assert caller.role == "coach"
    assert isinstance(caller.centre, str)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", RSAKey.generate_key(2048, auto_kid=True)),
        ("PS256", RSAKey.generate_key(2048, auto_kid=True)),
        ("ES256", ECKey.generate_key("P-256", auto_kid=True)),
        ("Ed25519", OKPKey.generate_key("Ed25519", auto_kid=True)),
    ],
)
async def test_every_algorithm_that_we_take_is_verified(algorithm: str, key: Key) -> None:
    verifier = Verifier(issuer=HOME, keys=GivenKeys(KeySet([key])))
    assert await verifier.caller(signed(claims(), key, alg=algorithm), service="shop")


# The keys of an issuer elsewhere


@dataclass
class IssuerElsewhere:
    """An issuer of the other side of the wire, that can be down, lie or change its keys."""

    keys: list[ECKey] = field(default_factory=lambda: [KEY])
    name: str = HOME
    up: bool = True
    asked: int = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the issuer would."""
        if not self.up:
            raise httpx.ConnectError("down")
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": self.name, "jwks_uri": f"{HOME}/keys"})
        self.asked += 1
        return httpx.Response(200, json=KeySet(list(self.keys)).as_dict(private=False))


@dataclass
class Clock:
    """A clock that is set by hand, in seconds."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class Elsewhere:
    """A verifier whose issuer is elsewhere."""

    issuer: IssuerElsewhere = field(default_factory=IssuerElsewhere)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.issuer.answer))
        self.verifier = Verifier(issuer=HOME, keys=DiscoveredKeys(HOME, client, self.clock))

    async def verify(self, key: ECKey = KEY) -> Caller:
        """Verify a token signed with the key."""
        return await self.verifier.caller(signed(claims(), key), service="shop")


async def test_the_issuers_keys_are_fetched_once_for_many_tokens() -> None:
    elsewhere = Elsewhere()
    for _ in range(5):
        await elsewhere.verify()
    assert elsewhere.issuer.asked == 1


async def test_a_new_key_of_the_issuer_is_found_but_unknown_ids_do_not_make_us_ask_again_and_again() -> None:
    elsewhere, new = Elsewhere(), ECKey.generate_key("P-256", auto_kid=True)
    await elsewhere.verify()
    elsewhere.issuer.keys.append(new)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await elsewhere.verify(new)
    assert elsewhere.issuer.asked == 1
    elsewhere.clock.now += 31
    assert await elsewhere.verify(new)
    assert elsewhere.issuer.asked == 2


async def test_known_keys_go_on_working_while_the_issuer_is_away() -> None:
    elsewhere = Elsewhere()
    await elsewhere.verify()
    elsewhere.issuer.up = False
    elsewhere.clock.now += 7200
    assert await elsewhere.verify()


async def test_without_keys_callers_are_told_to_come_back_until_the_issuer_answers() -> None:
    elsewhere = Elsewhere(IssuerElsewhere(up=False))
    with pytest.raises(Unavailable):
        await elsewhere.verify()
    elsewhere.issuer.up = True
    elsewhere.clock.now += 2
    assert await elsewhere.verify()


async def test_an_issuer_that_speaks_for_another_gives_no_keys() -> None:
    with pytest.raises(Unavailable):
        await Elsewhere(IssuerElsewhere(name="https://issuer.example.com")).verify()


# The embedded issuer


async def test_tokens_of_the_embedded_issuer_survive_its_restart(tmp_path: Path) -> None:
    token = Issuer(tmp_path, bind="127.0.0.1").token("coach", centre="hsa:SE1")
    caller = await Issuer(tmp_path, bind="::1").verifier().caller(token, service="shop")
    assert (caller.role, caller.centre) == ("coach", "hsa:SE1")


def test_the_embedded_issuers_key_is_for_its_owner_only(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path / "new" / "folder", bind="localhost")
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "d" not in issuer.jwks().as_dict()["keys"][0]


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "", "192.0.2.7", "example.org"])  # noqa: S104 - refused
def test_the_embedded_issuer_refuses_addresses_that_others_can_reach(tmp_path: Path, address: str) -> None:
    with pytest.raises(NotLoopback):
        Issuer(tmp_path, bind=address)
    assert not list(tmp_path.iterdir())


# The tokens of one service for another


async def test_a_service_gets_a_token_for_one_service_and_one_call(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path, bind="127.0.0.1")
    tokens = from_issuer(issuer, "bank")
    token = await tokens.token("shop", "stock.read")
    caller = await issuer.verifier().caller(token, service="shop")
    assert (caller.subject, caller.role, caller.scope) == ("bank", "service", {"stock.read"})
    assert await tokens.token("shop", "stock.read") == token
    assert await tokens.token("shop", "stock.count") != token


async def test_a_services_token_is_asked_for_once_and_again_before_it_expires() -> None:
    grants: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": HOME, "token_endpoint": f"{HOME}/token"})
        grants.append(request)
        return httpx.Response(200, json={"access_token": f"token-{len(grants)}", "expires_in": 300})

    clock = Clock()
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    tokens = from_client_credentials(HOME, "bank", "secret", client, clock)
    assert [await tokens.token("shop", "stock.read") for _ in range(3)] == ["token-1"] * 3
    clock.now += 250
    assert await tokens.token("shop", "stock.read") == "token-2"
    assert b"audience=shop&scope=stock.read" in grants[0].content
    assert grants[0].headers["authorization"] == "Basic YmFuazpzZWNyZXQ="


async def test_a_service_is_told_when_no_token_can_be_had() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(500)

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    with pytest.raises(Unavailable):
        await from_client_credentials(HOME, "bank", "secret", client).token("shop", "stock.read")
