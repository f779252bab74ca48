"""Countries by code and by their English and German names (ISO 3166-1 alpha-2)."""

from __future__ import annotations

from graph.interpret.sentence import fold

_NAMES = """
DE germany deutschland;AT austria osterreich;CH switzerland schweiz;FR france frankreich
GB united kingdom|uk|great britain|england|scotland|wales|grossbritannien|vereinigtes konigreich
US united states|usa|united states of america|america|vereinigte staaten|u.s.|u.s.a.
IE ireland|irland;NL netherlands|the netherlands|holland|niederlande;BE belgium|belgien
LU luxembourg|luxemburg;ES spain|spanien;PT portugal;IT italy|italien;GR greece|griechenland
DK denmark|danemark;SE sweden|schweden;NO norway|norwegen;FI finland|finnland;IS iceland|island
PL poland|polen;CZ czechia|czech republic|tschechien;SK slovakia|slowakei;HU hungary|ungarn
SI slovenia|slowenien;HR croatia|kroatien;RO romania|rumanien;BG bulgaria|bulgarien
EE estonia|estland;LV latvia|lettland;LT lithuania|litauen;MT malta;CY cyprus|zypern
LI liechtenstein;MC monaco;RS serbia|serbien;UA ukraine;TR turkey|turkiye|turkei
CA canada|kanada;MX mexico|mexiko;BR brazil|brasilien;AR argentina|argentinien;CL chile
CO colombia|kolumbien;PE peru;AU australia|australien;NZ new zealand|neuseeland
JP japan;CN china;HK hong kong|hongkong;TW taiwan;KR south korea|korea|sudkorea;SG singapore|singapur
IN india|indien;ID indonesia|indonesien;TH thailand;VN vietnam;PH philippines|philippinen
MY malaysia;PK pakistan;IL israel;AE united arab emirates|uae|emirates|dubai
SA saudi arabia|saudi-arabien;QA qatar|katar;KW kuwait;BH bahrain;OM oman;JO jordan|jordanien
EG egypt|agypten;MA morocco|marokko;TN tunisia|tunesien;ZA south africa|sudafrika
NG nigeria;KE kenya|kenia;GE georgia|georgien;BA bosnia|bosnien;AL albania|albanien
ME montenegro;MK north macedonia|nordmazedonien;MD moldova|moldau
"""

_BY_NAME: dict[str, str] = {}
for _entry in _NAMES.replace("\n", ";").split(";"):
    if _entry:
        _code, _, _spellings = _entry.partition(" ")
        _names = _spellings.split("|")
        _parts = _names if len(_names) > 1 or len(_spellings.split()) != 2 else _spellings.split()
        _BY_NAME.update(dict.fromkeys(_parts, _code))

_BY_NAME.update({"monaco": "MC", "hong kong": "HK"})
CODES = frozenset(_BY_NAME.values())


def code(text: str) -> str | None:
    """The alpha-2 code of a name or code, else None."""
    plain = text.strip().strip(".,;!").strip()
    if plain.upper() in CODES:
        return plain.upper()
    if plain.upper() == "EL":
        return "GR"
    folded = fold(plain)
    return _BY_NAME.get(folded) or _BY_NAME.get(folded.replace("ss", "s"))
