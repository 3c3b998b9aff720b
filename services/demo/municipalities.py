"""The 24 municipalities of Troms og Ofoten, positions and inhabitants approximate. Never invented."""

from dataclasses import dataclass

_TABLE = """
5501 Tromsø    Romsa          Tromsø      69.649 18.955 78700 5530 5532 5534 5536 5538
5503 Harstad   Hárstták       Harstad     68.799 16.542 25000 5510 5512 5514 5528 5530
5510 Kvæfjord  Giehtavuotna   Borkenes    68.771 16.175  2800 5503 5512 1851
5512 Tjeldsund Dielddanuorri  Evenskjer   68.580 16.566  4200 5503 5510 5514 5516 1851 1853
5514 Ibestad   -              Hamnvik     68.783 17.161  1300 5503 5512 5516 5518 5522 5528
5516 Gratangen Rivtták        Årstein     68.675 17.530  1100 5512 5514 5518 1806
5518 Lavangen  Loabák         Tennevoll   68.765 17.805  1000 5514 5516 5520 5522
5520 Bardu     Bearddu        Setermoen   68.860 18.348  4000 5518 5522 5524 1806
5522 Salangen  Siellak        Sjøvegan    68.875 17.840  2100 5514 5518 5520 5526 5528
5524 Målselv   Málatvuopmi    Bardufoss   69.064 18.515  6700 5520 5526 5530 5532 5538
5526 Sørreisa  -              Sørreisa    69.145 18.153  3400 5522 5524 5528 5530
5528 Dyrøy     -              Brøstadbotn 69.086 17.683  1100 5503 5514 5522 5526 5530
5530 Senja     Sážžá          Finnsnes    69.229 17.981 14800 5501 5503 5524 5526 5528 5532
5532 Balsfjord Báhccavuotna   Storsteinnes 69.242 19.233 5600 5501 5524 5530 5538
5534 Karlsøy   Gálssa         Hansnes     69.970 19.630  2200 5501 5536 5542
5536 Lyngen    Ivgu           Lyngseidet  69.576 20.218  2700 5501 5534 5538 5540
5538 Storfjord Omasvuotna     Hatteng     69.261 19.964  1800 5501 5524 5532 5536 5540
5540 Kåfjord   Gáivuotna      Olderdalen  69.603 20.534  2000 5536 5538 5544
5542 Skjervøy  Skiervá        Skjervøy    70.031 20.971  2800 5534 5544 5546
5544 Nordreisa Ráisa          Storslett   69.768 21.031  4800 5540 5542 5546
5546 Kvænangen Návuotna       Burfjord    69.938 22.050  1200 5542 5544
1806 Narvik    Áhkánjárga     Narvik      68.438 17.427 21500 5516 5520 1851 1853
1851 Lødingen  Lodegat        Lødingen    68.411 15.996  2000 5510 5512 1806
1853 Evenes    Evenášši       Bogen       68.524 17.007  1300 5512 1806
"""


@dataclass(frozen=True)
class Municipality:
    """A municipality: `code` as `NO-5501`, `town` its centre at `latitude`, `longitude` (degrees)."""

    code: str
    name: str
    sami_name: str
    town: str
    latitude: float
    longitude: float
    inhabitants: int
    neighbours: tuple[str, ...]


def _municipality(line: str) -> Municipality:
    number, name, sami_name, town, latitude, longitude, inhabitants, *neighbours = line.split()
    return Municipality(
        code=f"NO-{number}",
        name=name,
        sami_name=sami_name.strip("-"),
        town=town,
        latitude=float(latitude),
        longitude=float(longitude),
        inhabitants=int(inhabitants),
        neighbours=tuple(f"NO-{neighbour}" for neighbour in neighbours),
    )


MUNICIPALITIES: tuple[Municipality, ...] = tuple(_municipality(line) for line in _TABLE.split("\n") if line)
BY_CODE: dict[str, Municipality] = {municipality.code: municipality for municipality in MUNICIPALITIES}
