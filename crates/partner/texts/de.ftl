### What an offer says to the cashier and the guest. Four files with the same messages (a test compares them).

card = Kundenkarte
voucher = Gutschein
unknown-code = Code
discount = Rabatt

## What the balance types are called, by the documents' names

singlePurposePrepaidVoucher = Einzweckgutschein
multiPurposePrepaidVoucher = Geschenkgutschein
collectablePoints = Punkte
prepaidCredit = Guthaben

## Messages of an offer. Of a count of points $number chooses the form, $count is how it is written

partly-reserved = {$title}: {$amount} ist für eine andere Rechnung reserviert
partly-reserved-points = { $number ->
    [one] {$title}: {$count} Punkt ist für eine andere Rechnung reserviert
   *[other] {$title}: {$count} Punkte sind für eine andere Rechnung reserviert
}
wholly-reserved = {$title}: alles ist für eine andere Rechnung reserviert
only-returned = Rückgabe: auf diese Rechnung werden keine Vorteile angewendet
top-up = Aufladung
stamps = Stempel
bonus-of = {$title}: Bonus
top-up-out-of-range = {$title}: {$chosen} kann nicht aufgeladen werden, angeboten wird {$offered}
next-end = {$title}: {$amount} gilt bis {$day}
almost-there = Noch {$amount} und Sie erhalten: {$title}
returned-to-credit = Dem Guthaben werden {$amount} gutgeschrieben
other-currency = Die Rechnung ist in {$basket}, die Guthaben in {$merchant}: sie können nicht verwendet werden

## Why a code is not applicable, by its reasonCode

NOT_FOUND = nicht gefunden
EXPIRED = abgelaufen
ALREADY_USED = bereits eingelöst
ALREADY_APPLIED = bereits angewendet
NOT_YET_VALID = noch nicht gültig
NOT_COMBINABLE = nicht kombinierbar
NO_MATCHING_ITEMS = passt zu keinem Artikel der Rechnung
LOCKED_BY_OTHER_DEVICE = an einer anderen Kasse reserviert
LOCKED_BY_OTHER_CHECK = für eine andere Rechnung an dieser Kasse reserviert
PARTLY_RESERVED = teilweise anderswo reserviert
INACTIVE = nicht aktiv
FROZEN = gesperrt
EMPTY_BASKET = die Rechnung ist leer
CURRENCY_MISMATCH = andere Währung
AMBIGUOUS = gehört zu mehreren Kunden, bitte Karte scannen
MIN_AMOUNT_NOT_MET = Mindestbetrag nicht erreicht
WRONG_PLACE = gilt hier nicht
WRONG_TIME = gilt jetzt nicht
NOT_ELIGIBLE = gilt nicht für diesen Gast
LIMIT_REACHED = das Limit ist erreicht
ALREADY_ACTIVE = bereits aktiv
TOP_UP_NOT_ALLOWED = kann nicht aufgeladen werden
