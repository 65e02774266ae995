### What an offer says to the cashier and the guest. Four files with the same messages (a test compares them).

card = Zákaznická karta
voucher = Poukaz
unknown-code = Kód
discount = Sleva

## What the balance types are called, by the documents' names

singlePurposePrepaidVoucher = Jednoúčelový poukaz
multiPurposePrepaidVoucher = Dárkový poukaz
collectablePoints = Body
prepaidCredit = Kredit

## Messages of an offer. Of a count of points $number chooses the form, $count is how it is written

partly-reserved = {$title}: {$amount} je rezervováno na jiném účtu
partly-reserved-points = { $number ->
    [one] {$title}: {$count} bod je rezervován na jiném účtu
    [few] {$title}: {$count} body jsou rezervovány na jiném účtu
   *[other] {$title}: {$count} bodů je rezervováno na jiném účtu
}
wholly-reserved = {$title}: vše je rezervováno na jiném účtu
only-returned = Vrácení: výhody se na tento účet neuplatní
top-up = Dobití
stamps = Razítka
bonus-of = {$title}: bonus
top-up-out-of-range = {$title}: {$chosen} nelze dobít, nabízí se {$offered}
next-end = {$title}: {$amount} platí do {$day}
almost-there = Ještě {$amount} a získáte: {$title}
returned-to-credit = Na kredit se připíše {$amount}
other-currency = Účet je v {$basket}, konta jsou v {$merchant}: nelze je použít

## Why a code is not applicable, by its reasonCode

NOT_FOUND = nenalezeno
EXPIRED = platnost skončila
ALREADY_USED = již vyčerpáno
ALREADY_APPLIED = již uplatněno
NOT_YET_VALID = zatím neplatí
NOT_COMBINABLE = nelze kombinovat
NO_MATCHING_ITEMS = na účtu není nic, na co by se dalo použít
LOCKED_BY_OTHER_DEVICE = rezervováno na jiné pokladně
LOCKED_BY_OTHER_CHECK = rezervováno pro jiný účet na této pokladně
PARTLY_RESERVED = část je rezervována jinde
INACTIVE = není aktivní
FROZEN = zablokováno
EMPTY_BASKET = účet je prázdný
CURRENCY_MISMATCH = jiná měna
AMBIGUOUS = patří více zákazníkům, načtěte kartu
MIN_AMOUNT_NOT_MET = nedosažena minimální útrata
WRONG_PLACE = zde neplatí
WRONG_TIME = teď neplatí
NOT_ELIGIBLE = není pro tohoto hosta
LIMIT_REACHED = limit je vyčerpán
ALREADY_ACTIVE = už je aktivní
TOP_UP_NOT_ALLOWED = nelze dobít
