"""The elements: tabulated properties, and what follows from their place in the periodic table.

Atomic masses: IUPAC (2007), of the longest-lived isotope where there is no standard one. Electronegativities: Pauling's
scale as in the CRC Handbook of Chemistry and Physics; He, Ne and Ar by Allen (1989), J. Am. Chem. Soc. 111, 9003; Pm,
Eu, Tb and Yb, which Pauling's scale leaves out, as their neighbours. Covalent radii: Cordero et al. (2008), Dalton
Transactions 2832. First ionisation energies: NIST Atomic Spectra Database.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Symbol, atomic number, mass (g/mol), electronegativity, covalent radius (angstrom), first ionisation energy (eV).
_TABLE = """
H    1    1.008  2.20  0.31 13.5984
He   2    4.003  4.16  0.28 24.5874
Li   3    6.941  0.98  1.28  5.3917
Be   4    9.012  1.57  0.96  9.3227
B    5   10.811  2.04  0.84  8.2980
C    6   12.011  2.55  0.76 11.2603
N    7   14.007  3.04  0.71 14.5341
O    8   15.999  3.44  0.66 13.6181
F    9   18.998  3.98  0.57 17.4228
Ne  10   20.180  4.79  0.58 21.5645
Na  11   22.990  0.93  1.66  5.1391
Mg  12   24.305  1.31  1.41  7.6462
Al  13   26.982  1.61  1.21  5.9858
Si  14   28.085  1.90  1.11  8.1517
P   15   30.974  2.19  1.07 10.4867
S   16   32.065  2.58  1.05 10.3600
Cl  17   35.453  3.16  1.02 12.9676
Ar  18   39.948  3.24  1.06 15.7596
K   19   39.098  0.82  2.03  4.3407
Ca  20   40.078  1.00  1.76  6.1132
Sc  21   44.956  1.36  1.70  6.5615
Ti  22   47.867  1.54  1.60  6.8281
V   23   50.941  1.63  1.53  6.7462
Cr  24   51.996  1.66  1.39  6.7665
Mn  25   54.938  1.55  1.39  7.4340
Fe  26   55.845  1.83  1.32  7.9024
Co  27   58.933  1.88  1.26  7.8810
Ni  28   58.693  1.91  1.24  7.6398
Cu  29   63.546  1.90  1.32  7.7264
Zn  30   65.380  1.65  1.22  9.3942
Ga  31   69.723  1.81  1.22  5.9993
Ge  32   72.640  2.01  1.20  7.8994
As  33   74.922  2.18  1.19  9.7886
Se  34   78.960  2.55  1.20  9.7524
Br  35   79.904  2.96  1.20 11.8138
Kr  36   83.798  3.00  1.16 13.9996
Rb  37   85.468  0.82  2.20  4.1771
Sr  38   87.620  0.95  1.95  5.6949
Y   39   88.906  1.22  1.90  6.2173
Zr  40   91.224  1.33  1.75  6.6339
Nb  41   92.906  1.60  1.64  6.7589
Mo  42   95.960  2.16  1.54  7.0924
Tc  43   98.000  1.90  1.47  7.2800
Ru  44  101.070  2.20  1.46  7.3605
Rh  45  102.906  2.28  1.42  7.4589
Pd  46  106.420  2.20  1.39  8.3369
Ag  47  107.868  1.93  1.45  7.5762
Cd  48  112.411  1.69  1.44  8.9938
In  49  114.818  1.78  1.42  5.7864
Sn  50  118.701  1.96  1.39  7.3439
Sb  51  121.760  2.05  1.39  8.6084
Te  52  127.600  2.10  1.38  9.0096
I   53  126.904  2.66  1.39 10.4513
Xe  54  131.293  2.60  1.40 12.1298
Cs  55  132.905  0.79  2.44  3.8939
Ba  56  137.327  0.89  2.15  5.2117
La  57  138.905  1.10  2.07  5.5769
Ce  58  140.116  1.12  2.04  5.5387
Pr  59  140.908  1.13  2.03  5.4730
Nd  60  144.240  1.14  2.01  5.5250
Pm  61  145.000  1.13  1.99  5.5820
Sm  62  150.360  1.17  1.98  5.6437
Eu  63  151.964  1.20  1.98  5.6704
Gd  64  157.250  1.20  1.96  6.1498
Tb  65  158.925  1.20  1.94  5.8638
Dy  66  162.500  1.22  1.92  5.9389
Ho  67  164.930  1.23  1.92  6.0215
Er  68  167.259  1.24  1.89  6.1077
Tm  69  168.934  1.25  1.90  6.1843
Yb  70  173.054  1.10  1.87  6.2542
Lu  71  174.967  1.27  1.87  5.4259
Hf  72  178.490  1.30  1.75  6.8251
Ta  73  180.948  1.50  1.70  7.5496
W   74  183.840  2.36  1.62  7.8640
Re  75  186.207  1.90  1.51  7.8335
Os  76  190.230  2.20  1.44  8.4382
Ir  77  192.217  2.20  1.41  8.9670
Pt  78  195.078  2.28  1.36  8.9588
Au  79  196.967  2.54  1.36  9.2255
Hg  80  200.590  2.00  1.32 10.4375
Tl  81  204.383  1.62  1.45  6.1082
Pb  82  207.200  2.33  1.46  7.4167
Bi  83  208.980  2.02  1.48  7.2855
Ac  89  227.000  1.10  2.15  5.1700
Th  90  232.038  1.30  2.06  6.3067
Pa  91  231.036  1.50  2.00  5.8900
U   92  238.029  1.38  1.96  6.1941
Np  93  237.050  1.36  1.90  6.2657
Pu  94  244.060  1.28  1.87  6.0260
"""
_ROWS = [line.split() for line in _TABLE.strip().splitlines()]

SYMBOLS = tuple(row[0] for row in _ROWS)
COLUMN = {symbol: column for column, symbol in enumerate(SYMBOLS)}
NUMBERS = tuple(int(row[1]) for row in _ROWS)
_TABULATED = np.array([[float(value) for value in row[2:]] for row in _ROWS])

_NOBLE = (0, 2, 10, 18, 36, 54, 86)
_CAPACITY = {"s": 2, "p": 6, "d": 10, "f": 14}
#: The shells after each noble gas, in the order in which they are filled (Madelung's rule).
_AFTER = {0: "s", 2: "sp", 10: "sp", 18: "sdp", 36: "sdp", 54: "sfdp", 86: "sfdp"}

#: What each column of `properties` is.
PROPERTIES = (
    "atomic number", "period", "group", "atomic mass", "electronegativity", "covalent radius", "ionisation energy",
    "s electrons", "p electrons", "d electrons", "f electrons", "unfilled states",
)  # fmt: skip


def electrons(number: int) -> tuple[int, dict[str, int], int]:
    """Return the period, the electrons in each kind of shell beyond the last noble gas, and the states left unfilled.

    Shells are filled by Madelung's rule, without its exceptions (chromium, copper and others).
    """
    core = max(noble for noble in _NOBLE if noble < number)
    left, filled, unfilled = number - core, dict.fromkeys("spdf", 0), 0
    for shell in _AFTER[core]:
        filled[shell] = min(left, _CAPACITY[shell])
        left -= filled[shell]
        unfilled += _CAPACITY[shell] - filled[shell] if filled[shell] else 0
    return _NOBLE.index(core) + 1, filled, unfilled


def group(number: int) -> int:
    """Return the group, 1 to 18; 3 for lanthanides and actinides."""
    filled = electrons(number)[1]
    if number == 2 or filled["p"] == 6:
        return 18
    if filled["p"]:
        return 12 + filled["p"]
    if filled["f"] and filled["d"] < 2:
        return 3
    return filled["s"] + filled["d"]


def properties() -> NDArray[np.float64]:
    """Return (elements, properties), see `PROPERTIES`."""
    placed = []
    for number in NUMBERS:
        period, filled, unfilled = electrons(number)
        placed.append((number, period, group(number), *filled.values(), unfilled))
    table = np.array(placed, dtype=np.float64)
    return np.column_stack([table[:, :3], _TABULATED, table[:, 3:]])
