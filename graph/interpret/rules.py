"""Which wish a sentence is: ordered patterns over folded words; the first that fits decides."""

from __future__ import annotations

import re

_FILLER = re.compile(
    r"^(?:(?:hey|hi|hello|hallo|ok|okay|so|well|alright|right|great|good|cool|please|pls|plz|thanks|also"
    r"|then|now|just|kindly|quickly|steward|bitte|and|und|next|actually|morning|good morning|oh|yes"
    r"|(?:can|could|would|will) (?:you|u)|you can|you may|i(?:'d| would) like (?:you )?to|i want (?:you )?to|i want"
    r"|i need (?:you )?to|we need to|need to|let'?s|go ahead and|time to|kannst du|konntest du)"
    r"(?![a-z'])[,!.:]* ?)+"
)
_VOCABULARY = {
    "invoice": "invocie invioce inovice invoce invoic invice ivoice onvoice invoixe invoise inv",
    "paid": "payed piad padi", "cancel": "cancle cancell canel", "received": "recieved receved recived",
    "customer": "cusotmer costumer custmer", "client": "cleint clinet", "overdue": "overdu ovedue overude",
    "revenue": "revenu revnue reveneu", "status": "statsu stauts satus", "pending": "pendign pendig",
    "email": "emial emal", "address": "adress addres adres", "undo": "udno", "resume": "resmue reusme",
    "for": "fro", "send": "sned", "the": "teh", "bill": "bil", "void": "viod", "owes": "ows",
}  # fmt: skip
_FIX = {wrong: right for right, wrongs in _VOCABULARY.items() for wrong in wrongs.split()}
_WRONG = re.compile(rf"(?<![\w@.-])(?:{'|'.join(_FIX)})(?![\w@-])", re.IGNORECASE)

_Q = (
    r"^(?:who|whom|what|what's|whats|how|when|did|does|do|has|have|is|are|was|were|which|any|anything"
    r"|show|list|give me|tell me (?:how|what|who)|wie|was|wer|hat|welche|zeig|my|total|open|unpaid|outstanding"
    r"|overdue|revenue|turnover|income|sales|vat|balance|umsatz|mwst|offene|uberfallige|late|payments)\b"
)
NUMBER = r"(?:[a-z]{1,4}-)?(?:19|20)[0-9]{2}-[0-9]{3,6}"
_INV = r"(?:invoices?|bills?|rechnung(?:en)?)"
_MEET = r"(?:call|meeting|kick-?off|appointment|session|lunch|coffee|zoom|termin|video ?call|demo)"
_PUBLISH = r"(?:post|article|tweet|blog|newsletter|toot|mastodon|linkedin)"

_RULES: list[tuple[str, re.Pattern[str]]] = [
    (intent, re.compile(pattern))
    for intent, pattern in [
        ("control.stop", r"^(?:stop|stopp|halt|pause|freeze|hold|emergency stop|anhalten)"
         r"(?: (?:everything|all|it all|now|alles|sending|steward|all of it|please|bitte))*$"),
        ("control.resume", r"^(?:resume|unpause|go on|continue|carry on|weiter|weitermachen|start again|unfreeze"
         r"|keep going)(?: (?:everything|all|now|again|please|work))*$"),
        ("help", r"^(?:help(?: me)?|hilfe|\?+|commands|what can (?:you do|i (?:say|do|ask)).*|how does this work"
         r"|was kannst du|/?start|examples?|menu)$"),
        ("unknown", r"^(?:ignore|disregard|forget) (?:all|any|previous|prior|everything|your|the above)"),
        ("task.add", r"^(?:remind me|don'?t (?:let me )?forget|remember to|todo|to-do|task|add (?:a )?(?:task|todo)"
         r"|note to self)\b"),
        ("unknown", r"^(?:don'?t|do not|dont|never|nicht|no need|kein)\b|^(?:if|once|as soon as|wenn|when) .*,"
         r"|^(?:not|should (?:i|we)|shall (?:i|we)|may i|why (?:not|do ?n'?t|do not)|maybe|perhaps)\b"),
        ("standing.set", r"^(?:every|each|whenever|jeden|always)\b|\b(?:every|each) (?:(?:first|second|other) )?"
         r"(?:month|week|quarter|year|day|monday|tuesday|wednesday|thursday|friday|[0-9]{1,2}(?:st|nd|rd|th))\b"),
        ("invoice.remind", r"^(?:remind|chase|nudge|dun|mahne?|follow up)\b|^send .*\b(?:reminder|mahnung)\b"),
        ("task.show", r"^(?:my |show |list )*(?:tasks|todos|to-?do list)\b"),
        ("task.done", r"^(?:done:|mark .* (?:as )?done|tick off)"),
        ("meeting.reschedule", rf"^(?:move|reschedule|push|shift|postpone)\b.*\b{_MEET}"),
        ("meeting.cancel", rf"^(?:cancel|call off)\b(?!.*\b{_INV}\b).*\b{_MEET}"),
        ("content.cancel", rf"^(?:cancel|unpublish|take down)\b.*\b{_PUBLISH}"),
        ("content.schedule", rf"^(?:post|publish|tweet|schedule|queue|draft|write)\b(?!.*\b{_INV}\b).*\b{_PUBLISH}"
         r"|^(?:post|tweet)\b"),
        ("meeting.schedule", rf"^(?:schedule|book|set up|arrange|plan|put in|new|organi[sz]e)\b(?!.*\b{_INV}\b).*\b{_MEET}"
         r"|^(?:meet(?:ing)?|call) (?:with )?"),
        ("lead.qualify", r"^(?:new )?(?:lead|inquiry|enquiry)\b|^qualify\b"),
        ("quarter.plan", r"^plan (?:for )?(?:q[1-4]|(?:the |next |this )+quarter)"),
        ("quarter.review", r"^review (?:of )?(?:q[1-4]|(?:the |last |this )+quarter)"),
        ("session.log", r"^(?:session|call notes|meeting notes|notes from|had (?:a|an) .*(?:call|session|meeting)"
         r"|log (?:a |the )?(?:session|call)|spoke (?:to|with)|talked (?:to|with)|met (?:with )?)\b"),
        ("memory.ask", r"^(?:what|when|why|where|did)\b.*\b(?:say|said|decide[d]?|agree[d]?|discuss(?:ed)?|promise[d]?"
         r"|mention(?:ed)?|prefers?|talk(?:ed)?)\b"),
        ("quote.send", rf"^(?:quote|estimate|offer|angebot)\b|^(?:send|write|make|prepare|draft)\b(?!.*\b{_INV}\b)"
         r".*\b(?:quote|offer|estimate|proposal|angebot)\b"),
        ("refund.issue", r"^(?:refund|erstatte|pay back|give .* (?:money|refund)|issue a refund)\b"),
        ("cost.show", r"^(?:cost|costs|how much (?:did|do|does) (?:you|the models?|ai) cost|what do you cost)\b"),
        ("brief.show", r"^(?:brief me|prep(?:are)? me|briefing)\b"),
        ("calendar.show", r"^(?:calendar|agenda|what(?:'s| is) (?:on )?(?:my |the )?(?:calendar|agenda|today|tomorrow))\b"),
        ("away.set", r"^(?:i'?m|i am|i will be|i'll be) (?:away|on vacation|on holiday|out of office|off)\b|^vacation\b"),
        ("site.publish", r"^(?:publish|deploy) .*(?:site|website)"),
        ("site.rollback", r"^roll ?back .*(?:site|website)"),
        ("data.export", r"^export\b"),
        ("customer.onboard", r"^onboard\b"),
        ("undo", r"^(?:undo|revert|ruckgangig|take (?:that|it) back|roll (?:that|it) back|reverse (?:that|it))\b"),
        ("invoice.send", rf"^(?:resend|re-send)\b.*{_INV}"),
        ("invoice.void", rf"^(?:void|storno\w*|stornier\w*|annul|write off|credit)\b|^(?:cancel|delete|withdraw|retract|reverse"
         rf"|take back|kill)\b.*(?:\b{_INV}\b|{NUMBER})|\b(?:credit note|gutschrift|storno) (?:for|zu|fur)\b"
         rf"|^{NUMBER} (?:stornieren|void|cancel)|^(?:rechnung )?.*\bstornieren$"),
        ("trace.explain", rf"^(?:why|warum|wieso|explain|trace|who (?:approved|sent|asked)|what(?:'s| is| has)? (?:happened|went wrong|"
         rf"happend)|how come)\b(?:$|.*(?:\b{_INV}|{NUMBER}|\bthat\b|\bthis\b|\bit\b|\bask|\bsent\b|\bsend\b|\bgo out\b|\bwith\b|\bpayment))"),
        ("customer.add", r"^(?:(?:add|create|save|register|set up|lege?)\b(?: an?| eine[n]?)?(?: new| neuen?)?|new|neue[rn]?) "
         r"(?:customer|client|kunde[n]?|kundin)\b|^add .+ as (?:a |an )?(?:new )?(?:customer|client)\b"),
        ("unknown", r"\b(?:has ?n'?t|have ?n'?t|did ?n'?t|not|never|will|wants? to|going to|promised?|promises|nicht|would|should|can't|cannot)"
         r"(?: \w+)? (?:pay|paid|transfer|be paid|get paid|bezahlt|sent)\b(?!.*\?)(?<!who hasn't paid)(?<!who has not paid)"),
        ("expense.record", r"^(?:expense|spent|bought|(?:i|we)(?:'ve| have| just)? (?:paid|bought|spent)|receipt|paid)\b(?!.* from )"),
        ("status.show", r"^(?:(?:show|give) (?:me )?(?:the |an? )?)?(?:status|overview|dashboard|queue|pending|approvals|summary)(?: (?:report|update|please|approvals|list))*$"
         r"|^(?:what(?:'s| is|s|'re| are)?(?: still)? (?:waiting|pending|open|left|to approve|needs me|on my plate|up for approval|outstanding for me|to do).*"
         r"|(?:(?:is|are) (?:there )?)?(?:anything|something|any(?: approvals| cards)?) (?:pending|waiting|open|to approve|for me|i (?:need|should).*|left)(?: .*)?"
         r"|what (?:needs|do you need|should i|do i (?:need|have) to).*|was (?:steht an|wartet|ist (?:noch )?offen)|status)$"),
        ("payment.record", rf"^(?:mark|set|book|record|log|note|register)\b.*\b(?:paid|payment|settled|bezahlt|received|from)\b"
         rf"|^(?:got|received|recvd|receive|erhalten|have received|i(?:'ve| have)? (?:got|received)|we(?:'ve| have)? (?:got|received))\b.*[0-9]"
         rf"|^(?:payment|zahlung|geldeingang|money|deposit)\b.*(?:from|of|received|came|von|for|arrived|in\b|{NUMBER})"
         rf"|^(?!{_Q[1:]}).{{1,80}}?\b(?:(?:has|have|was|is|got|just|been|hat|ist|wurde) )*(?:paid|transferred|wired|settled"
         rf"|bezahlt|uberwiesen|gezahlt|sent us|beglichen)\b|^.{{0,20}}[0-9].{{0,20}}\b(?:came in|arrived|received|is in)\b"
         rf"|^(?:[€$£] ?)?[0-9][^a-z]{{0,12}}(?:[a-z]{{3}} )?(?:in )?(?:from|von) "),
    ]
]  # fmt: skip
_FINANCE: list[tuple[str, re.Pattern[str]]] = [
    (topic, re.compile(pattern))
    for topic, pattern in [
        ("vat", r"\b(?:vat|mwst|ust|umsatzsteuer|mehrwertsteuer|sales tax)\b"),
        ("overdue", r"\b(?:overdue|past due|late|uberfallige?n?|behind)\b"),
        ("owed", r"\b(?:owes?|owed|owing|outstanding|unpaid|open|still (?:due|missing)|receivables?|schuldet|schulden|offene?n?"
         r"|has(?:n'?t| not)(?: \w+)? paid|(?:not|yet to) (?:paid|pay)|still to (?:come|pay)|due)\b(?! account)"),
        ("balance", r"\b(?:balance|cash|bank|kontostand|money do (?:i|we) have|account)\b"),
        ("revenue", r"\b(?:revenue|turnover|sales|income|umsatz|earn(?:ed)?|make|made|(?:did|have) (?:i|we) (?:invoiced?|billed?|charged?)"
         r"|invoiced|billed|habe ich .*(?:verdient|berechnet))\b"),
        ("paid", r"\b(?:paid|pay|received?|come in|came in|get paid|payments?|bezahlt|eingegangen|gezahlt|take in|got)\b"),
    ]
]  # fmt: skip
_SEND = re.compile(
    rf"^(?:invoice|bill|charge)\b(?! (?:me|status|number|template|is|was|has)\b)(?! ?(?:no\.? |nr\.? |#)?{NUMBER})"
    rf"|^(?:send|write|create|make|issue|draft|raise|prepare|generate|do|cut|new|need|another|an?|email|give|i need|we need|schicke?"
    rf"|stelle?|schreibe?|erstelle?|neue)\b(?!.*\bagain\b)(?! (?:the|that|this|to)\b)(?!.*\babout (?:the|that|this|his|her|our|an?)\b).*\b(?:invoice|bill|rechnung)\b"
    rf"|^(?:rechnung|rechnungen)\b"
)
_SHOW = re.compile(
    r"^(?:show(?: me)?|what do (?:you|we) know about|who is|who's|tell me (?:everything )?about|details (?:of|for|on|about)|info on|look up|open|display"
    r"|zeig(?:e)?(?: mir)?|was wei(?:ss|s|st) du uber|customer|client|what(?:'s| is))(?: the)?(?: customer| client| details (?:of|for))? "
)
_LIST = re.compile(
    r"^(?:list|show|all|my)(?: me)?(?: all)?(?: my| the)? (?:customers|clients|kunden)$|^(?:customers|clients|kunden)$"
)
_MESSAGE = re.compile(
    r"^(?:tell|ask|email|mail|message|let|write(?: to)?|send (?:\S+ ){0,3}?(?:an? )?(?:e-?mail|mail|message|note))\b"
)
_REPLY = re.compile(r"^(?:reply|answer|respond)\b")
_QUESTION = re.compile(_Q)


def correct(text: str) -> str:
    """Common slips in the words that decide; names and free text are left as typed."""
    return _WRONG.sub(lambda match: _FIX[match[0].lower()], text)


def filler_end(low: str) -> int:
    match = _FILLER.match(low)
    return match.end() if match and match.end() < len(low) else 0


def classify(low: str, *, leads_with_client: bool, names_client: bool, changes: bool) -> str:
    """The intent of a folded sentence without filler. `changes`: a customer's field is given."""
    bare = low.strip(" .!,;:-")
    if not bare:
        return "help" if low.strip() and not low.strip(" ?") else "unknown"
    asked = bare.endswith("?")
    bare = bare.rstrip(" ?.!") or bare
    for intent, pattern in _RULES:
        counts = not changes or intent in ("customer.add", "unknown", "standing.set")
        if counts and pattern.search(bare):
            return _checked(intent, bare, asked)
    if changes and not asked:
        return "customer.update"
    if _LIST.search(bare):
        return "customer.show"
    if _SEND.search(bare):
        return "invoice.send"
    if (_QUESTION.search(bare) or asked) and topic(bare):
        return "finance.ask"
    if names_client and _SHOW.search(bare):
        return "customer.show"
    if re.search(r"^(?:show|look up|open)(?: me)? (?:the )?(?:customer|client) .", bare):
        return "customer.show"
    if names_client and re.search(r" (?:details|contact|email|address|info|data)$", bare):
        return "customer.show"
    if _REPLY.search(bare):
        return "message.reply"
    if _MESSAGE.search(bare):
        return "message.send"
    has_money = re.search(r"[0-9]", bare) is not None
    if (
        leads_with_client
        and has_money
        and not asked
        and re.search(r"\b(?:invoice|rechnung|bill)\b", bare)
    ):
        return "invoice.send"
    return "unknown"


def _checked(intent: str, bare: str, asked: bool) -> str:
    """A question about paying is never a payment, a request to resend never a new invoice."""
    imperative = re.match(r"^(?:record|book|mark|log|note|register|set)\b", bare)
    if intent == "payment.record" and asked and not imperative:
        return "finance.ask" if topic(bare) else "unknown"
    if intent == "invoice.send" or (asked and intent == "invoice.void" and _QUESTION.search(bare)):
        return "unknown"
    return intent


def topic(low: str) -> str | None:
    if (
        re.search(r"^(?:has|have|hat|did) .*\b(?:paid|pay|bezahlt)\b", low)
        and "how much" not in low
    ):
        return "owed"
    return next((name for name, pattern in _FINANCE if pattern.search(low)), None)
