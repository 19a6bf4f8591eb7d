"""The currencies of ISO 4217: the current ones, of which a library knows, and the withdrawn ones of its table A.3.

Table A.3 gives codes and names, and no minor unit. Those here are what OpenJDK 17 has in its currency table
(java.util.Currency), which was filled while the codes were current. It lacks the codes withdrawn before about 2000:
these have the minor unit of the currency that they were a kind of (BEC of BEF, ESA of ESP), YDD has its 1,000 fils, and
the others have 2 decimals, so that no amount of an old document is refused for want of a digit.
"""

from dataclasses import dataclass

from iso4217 import Currency


@dataclass(frozen=True, slots=True)
class Listed:
    """A currency of ISO 4217. `digits` is None where it has no minor unit, such as gold."""

    code: str
    digits: int | None
    name: str
    withdrawn: bool


def listed_currencies() -> dict[str, Listed]:
    """Every code that ISO 4217 lists or has listed."""
    withdrawn = {
        code: Listed(code, None if digits == "-" else int(digits), name, True)
        for code, digits, name in (line.split(maxsplit=2) for line in _WITHDRAWN.strip().splitlines())
    }
    current = {one.code: Listed(one.code, one.exponent, one.currency_name, False) for one in Currency}
    return withdrawn | current


_WITHDRAWN = """
ADP 0 Andorran Peseta
AFA 2 Afghani
ALK 2 Old Lek
ANG 2 Netherlands Antillean Guilder
AOK 2 Kwanza
AON 2 New Kwanza
AOR 2 Kwanza Reajustado
ARA 2 Austral
ARP 2 Peso Argentino
ARY 2 Peso
ATS 2 Schilling
AYM 2 Azerbaijan Manat
AZM 2 Azerbaijanian Manat
BAD 2 Dinar
BEC 0 Convertible Franc
BEF 0 Belgian Franc
BEL 0 Financial Franc
BGJ 2 Lev A/52
BGK 2 Lev A/62
BGL 2 Lev
BGN 2 Bulgarian Lev
BOP 2 Peso boliviano
BRB 2 Cruzeiro
BRC 2 Cruzado
BRE 2 Cruzeiro
BRN 2 New Cruzado
BRR 2 Cruzeiro Real
BUK 2 Kyat
BYB 0 Belarusian Ruble
BYR 0 Belarusian Ruble
CHC 2 WIR Franc (for electronic)
CSD 2 Serbian Dinar
CSJ 2 Krona A/53
CSK 2 Koruna
CUC 2 Peso Convertible
CYP 2 Cyprus Pound
DDM 2 Mark der DDR
DEM 2 Deutsche Mark
ECS 2 Sucre
ECV 2 Unidad de Valor Constante (UVC)
EEK 2 Kroon
ESA 0 Spanish Peseta
ESB 0 'A' Account (convertible Peseta Account)
ESP 0 Spanish Peseta
FIM 2 Markka
FRF 2 French Franc
GEK 2 Georgian Coupon
GHC 2 Cedi
GHP 2 Ghana Cedi
GNE 2 Syli
GNS 2 Syli
GQE 2 Ekwele
GRD 0 Drachma
GWE 2 Guinea Escudo
GWP 2 Guinea-Bissau Peso
HRD 2 Croatian Dinar
HRK 2 Croatian Kuna
IEP 2 Irish Pound
ILP 2 Pound
ILR 2 Old Shekel
ISJ 2 Old Krona
ITL 0 Italian Lira
LAJ 2 Pathet Lao Kip
LSM 2 Loti
LTL 2 Lithuanian Litas
LTT 2 Talonas
LUC 0 Luxembourg Convertible Franc
LUF 0 Luxembourg Franc
LUL 0 Luxembourg Financial Franc
LVL 2 Latvian Lats
LVR 2 Latvian Ruble
MGF 0 Malagasy Franc
MLF 2 Mali Franc
MRO 2 Ouguiya
MTL 2 Maltese Lira
MTP 2 Maltese Pound
MVQ 2 Maldive Rupee
MXP 2 Mexican Peso
MZE 2 Mozambique Escudo
MZM 2 Mozambique Metical
NIC 2 Cordoba
NLG 2 Netherlands Guilder
PEH 2 Sol
PEI 2 Inti
PES 2 Sol
PLZ 2 Zloty
PTE 0 Portuguese Escudo
RHD 2 Rhodesian Dollar
ROK 2 Leu A/52
ROL 0 Old Leu
RUR 2 Russian Ruble
SDD 2 Sudanese Dinar
SDP 2 Sudanese Pound
SIT 2 Tolar
SKK 2 Slovak Koruna
SLL 2 Leone
SRG 2 Surinam Guilder
STD 2 Dobra
SUR 2 Rouble
TJR 2 Tajik Ruble
TMM 2 Turkmenistan Manat
TPE 0 Timor Escudo
TRL 0 Old Turkish Lira
UAK 2 Karbovanet
UGS 2 Uganda Shilling
UGW 2 Old Shilling
USS 2 US Dollar (Same day)
UYN 2 Old Uruguay Peso
UYP 2 Uruguayan Peso
VEB 2 Bolivar
VEF 2 Bolivar Fuerte
VNC 2 Old Dong
XEU 2 European Currency Unit (E.C.U)
XFO - Gold-Franc
XFU - UIC-Franc
XRE - RINET Funds Code
YDD 3 Yemeni Dinar
YUD 2 New Yugoslavian Dinar
YUM 2 New Dinar
YUN 2 Yugoslavian Dinar
ZAL 2 Financial Rand
ZMK 2 Zambian Kwacha
ZRN 2 New Zaire
ZRZ 2 Zaire
ZWC 2 Rhodesian Dollar
ZWD 2 Zimbabwe Dollar (old)
ZWL 2 Zimbabwe Dollar
ZWN 2 Zimbabwe Dollar (new)
ZWR 2 Zimbabwe Dollar
"""
