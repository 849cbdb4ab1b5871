"""Words that stand for one another as far as a wish goes: any weekday, any month, any specialty.

`CLASSES` maps a folded word to its class. Only single words belong here; the clinic's own names are the
gazetteer's business.
"""

_GROUPS: dict[str, str] = {
    "0day": """
        monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun
        mondays tuesdays wednesdays thursdays fridays saturdays sundays
        lunes martes miercoles jueves viernes sabado domingo sabados domingos
    """,
    "0month": """
        january february march april june july august september october november december
        jan feb apr jun jul aug sep sept oct nov dec
        enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre
    """,
    "0near": """
        tomorrow tmrw tomorow tommorow tmr tonight today tdy yesterday hoy ayer
    """,
    "0part": """
        morning mornings afternoon afternoons evening evenings noon midday lunchtime
        tarde tardes mediodia
    """,
    "0count": """
        four five six seven eight nine ten eleven twelve
        cuatro cinco seis siete ocho nueve diez once doce
    """,
    "0nth": """
        fourth fifth sixth seventh eighth ninth tenth
    """,
    "0spec": """
        dentist dentists dermatologist dermatologists cardiologist cardiologists gynecologist gynecologists
        gynaecologist gyno obgyn pediatrician pediatricians paediatrician psychiatrist psychologist therapist
        ophthalmologist ophthalmologists optometrist orthopedist orthodontist podiatrist urologist neurologist
        allergist endocrinologist gastroenterologist rheumatologist nutritionist dietitian chiropractor
        ent gp pcp internist oncologist pulmonologist nephrologist physiotherapist midwife hygienist
        dentista dentistas dermatologo dermatologa cardiologo cardiologa ginecologo ginecologa pediatra
        psiquiatra psicologo psicologa terapeuta oftalmologo oftalmologa optometrista ortopedista ortodoncista
        podologo urologo urologa neurologo neurologa alergologo alergologa endocrinologo gastroenterologo
        reumatologo nutriologo nutriologa nutricionista quiropractico internista oncologo oncologa fisioterapeuta
        salon salons hairdresser hairstylist barber stylist
    """,
    "0visit": """
        cleaning checkup checkups physical vaccine vaccination vaccinations immunization immunizations mammogram
        xray ultrasound consultation consult filling crown whitening followup bloodwork
        limpieza chequeo vacuna vacunas vacunacion mamografia radiografia ultrasonido consulta empaste
        blanqueamiento seguimiento revision
    """,
    "0kin": """
        son daughter husband wife mother mom father dad kid kids child children baby grandson granddaughter
        hijo hija hijos hijas esposo esposa mama papa madre padre bebe nieto nieta marido
    """,
}

CLASSES: dict[str, str] = {word: name for name, words in _GROUPS.items() for word in words.split()}

# Surnames that are everyday words too: alone they do not name a provider.
_ORDINARY = """
    may young long king white black brown green gray day price good best park hill rose west law love stone wood bell
    ball fox wolf cook hall rice bush lane page read ray grant chase case cash bond banks rivers fields winter summer
    june april mark art will bill grace hope joy rich noble sharp short small strong wise little power church
    knight pope bishop mason miller gold silver berry flower flowers leon rey campos flores rios luna sol paz cruz
    mayor delgado rubio moreno blanco bueno calle casas prado mora reina
"""
ORDINARY_NAMES = frozenset(_ORDINARY.split())

# Words that the names of practices are made of: alone they ask for any such place, never for one by that name.
_OF_PRACTICES = """
    doctor doctors dentist dentists dental dentistry dentures orthodontics orthodontist endodontics oral cosmetic smile
    smiles medical medicine med medico medica clinic clinics clinica center centers centre centro hospital health
    healthcare care salud hospitals practice practices general associates association office offices group groups
    family families familia familiar community county regional international american national kids children childrens
    pediatrics pediatric women womens men mens eye eyes vision skin foot heart physician physicians surgeon surgeons
    surgery specialist specialists services service lab labs laboratory institute foundation partners team plaza
    hair haircut haircuts beauty beautiful style styles studio spa nail nails barbershop barbers cuts cut color
    inc llc pc corp corporation company ltd the and of at in on for by to an a area city bay north south east
    salons avenue ave suite building
"""
OF_PRACTICES = frozenset(_OF_PRACTICES.split())

# Where the clinic does not offer the one, people who ask for it are served by the other.
VISIT_CONCEPTS = frozenset(
    {
        *("dental cleaning", "dental checkup", "filling", "root canal", "crown", "tooth extraction", "teeth whitening"),
        *("vaccination", "flu shot", "covid vaccine", "blood test", "mammogram", "eye exam", "sports physical"),
        *("pap smear", "ultrasound", "x-ray", "skin check", "prenatal visit", "therapy session", "std test"),
        *("covid test", "allergy test", "blood pressure check"),
    }
)
"""What only one kind of visit is called; "follow-up" or "consultation" may say more of any."""

NEAR_CONCEPTS: dict[str, tuple[str, ...]] = {
    "annual physical": ("checkup", "sports physical"),
    "checkup": ("annual physical",),
    "dental cleaning": ("dental checkup",),
    "dental checkup": ("dental cleaning",),
    "vaccination": ("flu shot", "covid vaccine"),
    "family medicine": ("internal medicine",),
    "internal medicine": ("family medicine",),
    "optometry": ("ophthalmology",),
    "ophthalmology": ("optometry",),
    "psychiatry": ("psychology",),
    "psychology": ("psychiatry",),
    "gynecology": ("midwifery",),
    "well-child visit": ("checkup",),
}
