"""The hand-drawn part of the second, tiny jurisdiction: 前进区 of 佳木斯, in another zone.

Only the district's name, code and whereabouts are real; street, communities and roads are
invented.
"""

from __future__ import annotations

from data.generator.plan import Area, Cluster, CommunityPlan, MainRoad, Plan, River, Seed, Site

TOWN = Area(
    centre=(130.38, 46.81),
    outline=(
        (-360, -150),
        (-370, 60),
        (-310, 260),
        (-120, 310),
        (90, 290),
        (290, 300),
        (380, 90),
        (360, -130),
        (240, -240),
        (20, -220),
        (-210, -245),
    ),
    roads=(
        MainRoad(
            ("白桦大街", "Baihua Street"), ((-500, 40), (-250, 20), (0, 50), (240, 20), (500, 45))
        ),
        MainRoad(
            ("松江路", "Songjiang Road"), ((20, 400), (40, 200), (10, 50), (45, -120), (30, -400))
        ),
        MainRoad(
            ("柳岸路", "Liu'an Road"),
            ((-500, 195), (-250, 190), (-60, 205), (160, 190), (500, 215)),
            "secondary",
        ),
        MainRoad(
            ("云杉街", "Yunshan Street"),
            ((-500, -120), (-200, -130), (45, -120), (210, -105), (500, -120)),
            "secondary",
        ),
    ),
    waters=(
        River(
            ("柳树河", "Liushu River"),
            ((-500, 170), (-250, 150), (-60, 165), (160, 145), (500, 170)),
            9.0,
        ),
    ),
    zones=(
        Seed((-200, 90), "slab"),
        Seed((200, 90), "slab"),
        Seed((-200, -50), "slab"),
        Seed((200, -40), "mixed"),
        Seed((-200, -190), "old"),
        Seed((180, -180), "slab"),
        Seed((-150, 260), "village"),
        Seed((200, 250), "slab"),
        Seed((360, 230), "edge"),
    ),
    sites=(
        Site((110, 90), "school", ("白桦小学", "Baihua Primary School"), 12000),
        Site((-60, -60), "park", ("松江公园", "Songjiang Park"), 9000),
    ),
    communities=(
        CommunityPlan(
            "230804901001",
            ("白桦社区", "Baihua Community"),
            ((-200, 90), (-200, -50), (-200, -190), (-150, 220)),
            invented=True,
        ),
        CommunityPlan(
            "230804901002",
            ("松江社区", "Songjiang Community"),
            ((200, 90), (200, -40), (180, -180), (200, 210)),
            invented=True,
        ),
    ),
    side_roads=(
        ("红松路", "Hongsong Road"),
        ("冰凌街", "Bingling Street"),
        ("麦田路", "Maitian Road"),
        ("丁香路", "Dingxiang Road"),
    ),
)

PLAN = Plan(
    slug="qianjin",
    division_code="230804",
    name=("前进区", "Qianjin"),
    metric_srid=4552,
    seed=230804,
    streets=(("230804901", ("示范街道", "Demonstration Subdistrict")),),
    areas=(TOWN,),
    grids=5,
    splits=0,
    red_stations=1,
    workstations=0,
    paired_units=4,
    members=320,
    background_issues=((2025, 24),),
    clusters=(
        Cluster(
            "白桦大街冬季路面积水",
            0,
            (-180, 25),
            40,
            ("D48", "D36"),
            "2025-03-01",
            "2025-04-30",
            12,
        ),
    ),
    current_year=2026,
    current_year_issues=6,
    in_hand=("accepted",),
    new_towers=0,
    cleared=0,
    unanswered=1,
    duty_step=6,
    notice=(
        "演示数据：街道、社区、道路、住户、人员和事项均为虚构，由程序生成，不是前进区的真实情况。",
        (
            "Demonstration data: streets, communities, roads, buildings, households, people and"
            " issues are invented by a program and do not describe the real district of Qianjin."
        ),
    ),
    source=("由程序生成", "Made by a program"),
)
