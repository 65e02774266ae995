### What an offer says to the cashier and the guest. Four files with the same messages (a test compares them).

card = Zákaznícka karta
voucher = Poukaz
unknown-code = Kód
discount = Zľava

## What the balance types are called, by the documents' names

singlePurposePrepaidVoucher = Jednoúčelový poukaz
multiPurposePrepaidVoucher = Darčekový poukaz
collectablePoints = Body
prepaidCredit = Kredit

## Messages of an offer. Of a count of points $number chooses the form, $count is how it is written

partly-reserved = {$title}: {$amount} je rezervované na inom účte
partly-reserved-points = { $number ->
    [one] {$title}: {$count} bod je rezervovaný na inom účte
    [few] {$title}: {$count} body sú rezervované na inom účte
   *[other] {$title}: {$count} bodov je rezervovaných na inom účte
}
wholly-reserved = {$title}: všetko je rezervované na inom účte
only-returned = Vrátenie: výhody sa na tento účet neuplatnia
top-up = Dobitie
stamps = Pečiatky
bonus-of = {$title}: bonus
top-up-out-of-range = {$title}: {$chosen} sa nedá dobiť, ponúka sa {$offered}
next-end = {$title}: {$amount} platí do {$day}
almost-there = Ešte {$amount} a získate: {$title}
returned-to-credit = Na kredit sa pripíše {$amount}
other-currency = Účet je v {$basket}, kontá sú v {$merchant}: nedajú sa použiť

## Why a code is not applicable, by its reasonCode

NOT_FOUND = nenájdené
EXPIRED = platnosť skončila
ALREADY_USED = už vyčerpané
ALREADY_APPLIED = už uplatnené
NOT_YET_VALID = zatiaľ neplatí
NOT_COMBINABLE = nedá sa kombinovať
NO_MATCHING_ITEMS = na účte nie je nič, na čo by sa dalo použiť
LOCKED_BY_OTHER_DEVICE = rezervované na inej pokladnici
LOCKED_BY_OTHER_CHECK = rezervované pre iný účet na tejto pokladnici
PARTLY_RESERVED = časť je rezervovaná inde
INACTIVE = nie je aktívne
FROZEN = zablokované
EMPTY_BASKET = účet je prázdny
CURRENCY_MISMATCH = iná mena
AMBIGUOUS = patrí viacerým zákazníkom, načítajte kartu
MIN_AMOUNT_NOT_MET = nedosiahnutá minimálna útrata
WRONG_PLACE = tu neplatí
WRONG_TIME = teraz neplatí
NOT_ELIGIBLE = nie je pre tohto hosťa
LIMIT_REACHED = limit je vyčerpaný
ALREADY_ACTIVE = už je aktívne
TOP_UP_NOT_ALLOWED = nedá sa dobiť
