"""What every part of `resolve` needs: typed reading of valid data, and the list of mistakes found on the way."""

import ipaddress
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hagen import codes
from hagen.artifact import Origin, Origins
from hagen.diagnostic import Code, Diagnostic, Label, did_you_mean
from hagen.quantity import Address, Duration
from hagen.schema import Valid
from hagen.source import Pointer

_UNITS = ("ms", "min", "s", "h", "d")
_LONGEST_MS = 2**31 - 1  # HAProxy counts timers in a signed 32-bit number of milliseconds


class Reading:
    """Reads values out of valid data and collects diagnostics instead of stopping at the first."""

    def __init__(self, valid: Valid) -> None:
        """Read from `valid`."""
        self.valid = valid
        self.data: Any = valid.data
        self.diagnostics: list[Diagnostic] = []
        self._durations: dict[str, Duration] = {}

    def duration(self, *at: str | int, value: str) -> Duration:
        """Return the duration that `value`, found at `at`, stands for."""
        known = self._durations.get(value)
        if known is None:
            unit = next(unit for unit in _UNITS if value.endswith(unit))
            known = Duration(int(value.removesuffix(unit)), unit)
            if known.milliseconds > _LONGEST_MS:
                self.diagnostics.append(
                    codes.OUT_OF_RANGE.at(
                        at, f"`{value}` is longer than HAProxy can count", hint="at most 24 days: 24d"
                    )
                )
                return known
            self._durations[value] = known
        return known

    def durations(self, at: Pointer, values: Mapping[str, str]) -> dict[str, Duration]:
        """Return a mapping of durations, key by key."""
        return {key: self.duration(*at, key, value=value) for key, value in values.items()}

    def address(self, at: Pointer, value: str) -> Address | None:
        """Return the address that `value` stands for, or None after a diagnostic."""
        try:
            return ipaddress.ip_address(value)
        except ValueError:
            self.diagnostics.append(
                codes.BAD_ADDRESS.at(
                    at, f"`{value}` is not an IP address", hint="write it like 10.10.16.55 or 2001:db8::55"
                )
            )
            return None

    def bad_cidr(self, at: Pointer, text: str) -> None:
        """Note that `text`, written at `at`, is not a network."""
        try:
            meant = f"did you mean `{ipaddress.ip_network(text, strict=False)}`?"
        except ValueError:
            meant = "write it like 10.10.16.0/24 or 2001:db8::/64"
        self.diagnostics.append(codes.BAD_CIDR.at(at, f"`{text}` is not a network", hint=meant))

    def optional(self, *at: str | int, among: Mapping[str, Any]) -> Duration | None:
        """Return the duration under the last step of `at` in the mapping `among`, or None if it was not said."""
        value = among.get(str(at[-1]))
        return None if value is None else self.duration(*at, value=value)

    def known(
        self, code: Code, at: Pointer, name: str, among: Mapping[str, Any], what: str, *, on_key: bool = False
    ) -> bool:
        """Tell whether `name`, written at `at`, is one of `among`; if not, that is a diagnostic.

        `on_key` says that the name is the key at `at` and not its value.
        """
        if name in among:
            return True
        self.diagnostics.append(
            code.at(at, f"there is no {what} `{name}`", hint=did_you_mean(name, list(among)), on_key=on_key)
        )
        return False

    def origins(self, *at: str | int, known: Mapping[str, Origin] = MappingProxyType({})) -> Origins:
        """Return the origins of the mapping at `at`; `known` has those that its place alone does not tell."""
        return Origins(self.valid.origin, at, known)

    def no_address(
        self, at: Label, nodes: Sequence[str], network: str, why: str, otherwise: str = ""
    ) -> None:
        """Note that `nodes` have no address on `network`, which is wanted at `at`; `otherwise` is another mend."""
        names = ", ".join(f"`{name}`" for name in nodes)
        subject = f"node {names} has" if len(nodes) == 1 else f"nodes {names} have"
        whose = "the node's addresses" if len(nodes) == 1 else "the addresses of these nodes"
        hint = f"add `{network}: …` to {whose}{otherwise}"
        self.diagnostics.append(
            codes.NO_ADDRESS_THERE.at(at, f"{subject} no address on network `{network}`, {why}", hint=hint)
        )
