"""How mail programs, in many languages, introduce what they quote.

Each pattern is asked of one line of bounded length, so that none can run away. What a program writes is known by its
shape where it can be (a date, a mailbox, a colon; words between dashes; labels before colons), and by words only where
the shape is one that people use, too.
"""

import re

LONGEST_LINE = 400
"""Characters of a line that patterns look at: no line of a program's own is longer."""

# --- what a person seldom writes of themselves: mailboxes, and when something was sent

MAILBOX = re.compile(r"[^\s<>@]@[^\s<>@]|<\s{0,2}mailto:|\[mailto:", re.IGNORECASE)
TIME = re.compile(
    r"(?<![\d.])(?:[01]?\d|2[0-3])\s?[:.h：時时点點]\s?[0-5]\d(?!\d)|\b(?:1[0-2]|0?\d)\s?[ap]\.?\s?m\b", re.IGNORECASE
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d\s?年|(?<![\d.])\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)")

# --- "On Monday, Ana wrote:"

ATTRIBUTION_START = re.compile(
    r"[\s*_>\[(\"'“„«|-]{0,10}(?:"
    # words that a date follows
    r"(?:on|at|in|am|um|vom|le|el|il|em|no dia|em data|op|den|dnia|w dniu|dne|dňa|dana|la|în|pe|a|på|kl|dt|the"
    r"|vào|ngày|στις|στη|בתאריך|ב-|في|за|от|në|el dia|pada|pe data|tarihinde|il giorno|il dì|dia|dne|u|ob|на"
    # days of the week, as far as they tell
    r"|mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|mo|di|mi|do|fr|sa|so|seg|ter"
    r"|qua|qui|sex|ma|wo|vr|za|zo|man|tir|ons|tor|tors|fre|lør|lör|søn|sön|mån|tis|ti|ke|to|pe|la|su|pon|wt|śr|czw|pt"
    r"|sob|niedz|po|út|st|čt|pá|ne|hét|ked|sze|csüt|pén|szo|vas|пн|вт|ср|чт|пт|сб|вс|нд|pzt|sal|çar|per|cum|cmt|paz)"
    r"[a-zà-žа-я]{0,10}\b"
    # a number, first or soon: a day, a month, an hour
    r"|(?:[^\W\d_]{1,15}[.,]{0,2}\s{1,2}){0,3}\d{1,4}(?!\d)"
    # or a name and its mailbox
    r"|[^<>:\n]{1,80}<[^<>\s]{1,80}@)",
    re.IGNORECASE,
)
"""How a line may begin that says who wrote what follows, and when: with a date, or a word before one."""

MIDLINE = re.compile(
    r"(?<=[\w.!?)])(?:\s{1,3}|-{2,4}\s?)(?=(?:On|At|Am|Le|El|Il|Em|Op|Den|Dnia|W dniu|Dne)\s[^\n]{0,25}?\d)"
)
"""Where, in a line that begins with a person's own words, an introduction of the same line may begin."""

ATTRIBUTION_VERB = re.compile(
    r"(?<!\w)(?:wrote|writes|said|says|sent|schrieb(?:en)?|geschrieben|schreef|geschreven|a\s+écrit|écrivait|écrit|"
    r"escribió|escribio|ha\s+escrito|escreveu|ha\s+scritto|scrive|skrev|skreiv|kirjoitti|kirjutas|"
    r"napisał\w?(?:\(a\))?|pisze|"
    r"napsal\w?(?:\(a\))?|napísal\w?(?:\(a\))?|píše|napisao|napisala|napisal|је\s+написао|напиша|a\s+scris|írta|"
    r"ezt\s+írta|yazdı|yazmış|пише|пишет|написал\w?(?:\(а\))?|писал\w?|написав\w?(?:\(ла\))?|написа|έγραψε|כתבו?|"
    r"כתבה|כתב/ה|كتبت?|نوشت|menulis|đã\s+viết|viết|va\s+escriure|ha\s+escrit|idatzi\s+du|idatzi\s+zuen|shkroi|"
    r"parašė|rakstīja|skrifaði|เขียนว่า|เขียน|ने\s+लिखा|लिखा)(?!\w)"
    r"|さんは書きました|のメッセージ|のメール|が書きました|さんが|：書いた|写道|寫道|님이\s?작성|작성|님의\s?말",
    re.IGNORECASE,
)

MAILBOX_END = re.compile(r"(?:<[^<>]{0,160}@[^<>]{1,100}>{1,2}|[\w.+-]{1,64}@[\w.-]{1,100})\s{0,2}[:：]\s*\Z")
"""A line that ends with a mailbox and a colon introduces a quotation, verb or not."""

MAILBOX_LAST = re.compile(r"<[^<>\s]{1,80}@[^<>\s]{1,100}>\s*\Z")

ATTRIBUTION_END = re.compile(r"[:：]\s*[*_\])\"'”»>-]{0,8}\s*\Z")

FRAME_END = re.compile(r"\s{0,2}-{2,8}\s*\Z")

ZONED = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d \d{1,2}:\d\d (?:GMT|UTC)[+-]\d")
"""The beginning of an introduction that has neither verb nor colon."""

# --- "From: … Sent: … To: … Subject: …"

_FROM = (
    "from|von|de|da|van|fra|från|od|lähettäjä|от|від|kimden|gönderen|feladó|expéditeur|remetente|desde|差出人|送信者|"
    "发件人|發件人|寄件者|보낸 사람|보낸사람|발신|από|מאת|من|از|pengirim|dari|frá|saatja|kellelt|no|nuo|siuntėjas|"
    "sūtītājs|pošiljatelj|šalje|šalje se|подател|nga|nork|remitent|mittente|afzender|avsender|avsändare|afsender|"
    "expeditorul|de la|отправитель|відправник|від кого|"
    "от кого|送信元|odesilatel|absender|odesílatel|odosielateľ|nadawca|expeditor|từ|người gửi|จาก|प्रेषक|από τον"
)
_DATE = (
    "sent|date|sent at|sent on|date sent|gesendet|gesendet am|datum|envoyé|envoyé le|envoye|date d'envoi|enviado|"
    "enviado el|enviada em|enviado em|enviada|fecha|data|data de envio|inviato|data invio|verzonden|sendt|dato|skickat|"
    "lähetetty|päivämäärä|wysłano|wysłane|data wysłania|odesláno|odoslané|dátum|küldve|elküldve|trimis|trimis la|"
    "отправлено|дата|надіслано|изпратено|gönderildi|tarih|gönderilme tarihi|gönderim|送信日時|日時|日付|发送时间|"
    "发送日期|發送時間|發送日期|寄件日期|日期|時間|时间|보낸 날짜|보낸 시간|날짜|보낸날짜|στάλθηκε|ημερομηνία|תאריך|"
    "נשלח|التاريخ|تاريخ|تم الإرسال|تاریخ|tanggal|dikirim|sendt den|sent date|saadetud|kuupäev|nosūtīts|datums|"
    "päiväys|dată|išsiųsta|poslano|poslato|dërguar|bidalia|bidali|enviat|ngày|đã gửi|วันที่|ส่ง|दिनांक|sent|le|sendt kl"
)
_TO = (
    "to|an|à|a|para|aan|til|till|vastaanottaja|do|dla|komu|кому|до|kime|alıcı|címzett|destinataire|destinatario|"
    "destinatário|destinatar|către|catre|宛先|收件人|收件者|받는 사람|받는사람|προς|אל|إلى|به|kepada|untuk|cc|kopie|"
    "copie|kopia|kopi|copia|kópia|tärkeys|importance|attachments|reply-to|répondre à|antwort an|responder a|"
    "rispondi a|destinatarul|prima|pre|pour|adresat|送信先|"
    "saaja|kellele|kam|gavėjas|kome|za|për|nori|per a|đến|tới|ถึง|प्रति|bcc|kopiowany|dw|udw"
)
_SUBJECT = (
    "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|emne|ämne|aihe|temat|předmět|predmet|тема|относно|konu|"
    "tárgy|subiect|件名|主题|主旨|主　题|主 题|主題|제목|θέμα|נושא|الموضوع|موضوع|subyek|subjek|perihal|re|efni|teema|"
    "subiectul|sujet|temats|tēma|tema|subjekt|naslov|zadeva|lënda|gaia|assumpte|chủ đề|tiêu đề|เรื่อง|विषय"
)
LABEL = re.compile(
    r"(?:^|(?<=\s))[*_]{0,3}(?:(?P<sender>"
    + _FROM
    + r")|(?P<date>"
    + _DATE
    + r")|(?P<to>"
    + _TO
    + r")|(?P<subject>"
    + _SUBJECT
    + r"))\s{0,2}[*_]{0,3}\s{0,2}[:：][*_]{0,3}",
    re.IGNORECASE,
)
"""A line's label; a line of HTML may hold several."""
NAMED_MAILBOX = re.compile(r"[:：]\s{0,3}[^<>\n]{0,80}<[^<>\s]{1,64}@[^<>\s]{1,100}>")
"""A label whose value is a mailbox as programs write it."""
LABELLED = re.compile(r"[\s*_>|]{0,20}[^\W\d_][^:：\n<>@]{0,24}[:：]\s?\S")
"""Any label and its value. Beneath a program's own rule a few of these are a header, whatever the language."""

# --- lines that only separate

_MESSAGE = (
    r"message|messages|mail|e-mail|email|nachricht|e-mail-nachricht|mensaje|mensagem|messaggio|missatge|bericht|"
    r"meddelande|meddelelse|melding|besked|viesti|wiadomo\w{2,4}|zpráva|správa|zprava|sprava|üzenet|mesaj|mesajul|"
    r"сообщение|повідомлення|съобщение|порука|poruka|sporočilo|ileti|iletinin|mesajı|メッセージ|メール|邮件|郵件|郵件原件|"
    r"邮件原件|메[시세]지|메일|μήνυμα|הודעה|رسالة|الرسالة|پیام|pesan|kiri|sõnum|vēstule|laiškas|žinutė|skilaboð|mezua|"
    r"thư|tin nhắn|ข้อความ|संदेश"
)
_OLDER = (
    r"original\w{0,3}|forwarded|fwd|replied|reply|quoted|previous|begin\w{0,4}|ursprüngliche\w?|ursprungligt|"
    r"weitergeleitete\w?|antwort|d'origine|transféré|initial|reenviado|encaminhada|inoltrato|originale|oorspronkelijk|"
    r"transmis|edelleenlähetetty|przekazan\w{1,3}|iletilmiş|перенаправлен\w{1,3}|reencaminhada|origineel|doorgestuurd|oprindelig|opprinnelig|videresendt|vidarebefordrat|alkuperäinen|välitetty|oryginaln\w|"
    r"přeposlaná|původní|pôvodná|preposlaná|eredeti|továbbított|redirecționat|исходное|пересылаемое|пересланное|"
    r"оригинальное|початкове|переслане|оригинално|orijinal|özgün|iletilen|元の|転送|原始|转发|轉寄|原件|원본|전달|"
    r"izvorna|proslijeđena|izvirno|αρχικό|προωθημένο|מקורית|הועברה|الأصلية|asli|diteruskan|gốc|chuyển tiếp"
)
ORIGINAL = re.compile(
    r"[-_=*]{2,}+\s{0,4}+\*?(?:treść\s+)?(?:"
    r"(?:"
    + _OLDER
    + r")[^\n]{0,40}?(?:"
    + _MESSAGE
    + r")|(?:"
    + _MESSAGE
    + r")[^\n]{0,20}?(?:"
    + _OLDER
    + r")|original"
    r")\s{0,4}(?:[^\n]{0,40}?[-_=*]{2,}[^\n]*)?",
    re.IGNORECASE,
)
"""Between dashes, that it is an older message: in most languages."""
FRAMED = re.compile(r"[-_=*]{2,20}+\s{0,2}+[^\W_][^\n]{1,100}?[\w)>]\s{0,2}[-_=*]{2,20}")
"""Words between dashes: above a mail's header they introduce it, whatever their language."""
ABOVE_THIS_LINE = re.compile(
    r"[^\w\n]{0,12}(?:(?:please\s+)?(?:type|write|enter|add)?\s*(?:your\s+)?(?:reply|response)\s+above\s+this\s+line"
    r"|do\s+not\s+(?:write|type|reply)\s+below\s+this\s+line|antworten?\s+(?:sie\s+)?(?:bitte\s+)?oberhalb"
    r"|(?:por\s+favor,?\s+)?(?:responda|responder|escriba|escreva)\s+(?:por\s+encima|acima|arriba)"
    r"|(?:veuillez\s+)?répon\w{2,3}\s+au-dessus|rispondi\s+sopra|reageer\s+boven)",
    re.IGNORECASE,
)
RULE = re.compile(r"(?:_{5,}|-{8,}|={8,}|\*{8,}|—{3,}|─{3,}|(?:\* ?){3,8}|-{3})\s*")
LONG_RULE = re.compile(r"_{20,}|-{20,}|={20,}")
"""Longer than anybody draws by hand."""
FORWARDED = re.compile(
    r"original message processed by[^\n]{0,60}|begin forwarded message\s*:?\s*"
    r"|(?:forwarded message|anfang der weitergeleiteten nachricht"
    r"|weitergeleitete nachricht|début du message (?:réexpédié|transféré)|message transféré"
    r"|inicio del mensaje reenviado|mensaje reenviado|inizio messaggio inoltrato|messaggio inoltrato"
    r"|início da mensagem (?:reenviada|encaminhada)|mensagem encaminhada|doorgestuurd bericht"
    r"|begin doorgestuurd bericht"
    r"|videresendt (?:besked|melding)|start på videresendt (?:besked|melding)|vidarebefordrat meddelande"
    r"|början på vidarebefordrat meddelande|välitetty viesti|początek przekazywanej wiadomości|přeposlaná zpráva"
    r"|начало переадресованного сообщения|iletilen mesaj"
    r"|転送されたメッセージ|转发的邮件|轉寄的郵件|전달된 메시지)\s*[:：]\s*",
    re.IGNORECASE,
)
