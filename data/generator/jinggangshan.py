"""The hand-drawn part of the demonstration city of Jinggangshan (井冈山市), in two urban areas.

Names and codes of streets and communities are those of the published statistical codes of division
360881; the roads' courses, the blocks and everything in them are invented.
"""

from __future__ import annotations

from dataclasses import replace

from data.generator.plan import Area, Cluster, CommunityPlan, MainRoad, Plan, River, Seed, Site

NEW_TOWN = Area(
    centre=(114.279, 26.749),
    outline=(
        (-1030, -270), (-1010, 20), (-930, 260), (-760, 420), (-560, 520), (-300, 610), (-20, 650),
        (260, 630), (470, 700), (700, 620), (880, 470), (1040, 330), (1090, 90), (1010, -120),
        (960, -330), (780, -500), (520, -590), (260, -650), (-40, -600), (-330, -620), (-600, -560),
        (-820, -470),
    ),
    roads=(
        MainRoad(("会师路", "Huishi Road"), ((-1200, 130), (-900, 105), (-620, 30), (-300, 70), (60, 100), (400, 60), (760, 110), (1200, 210))),
        MainRoad(("映山红路", "Yingshanhong Road"), ((-900, 330), (-640, 290), (-330, 345), (0, 330), (320, 370), (560, 330), (800, 345), (1200, 470))),
        MainRoad(("龙江路", "Longjiang Road"), ((-330, 900), (-350, 600), (-315, 345), (-300, 70), (-360, -110), (-410, -330), (-390, -800))),
        MainRoad(("湘洲路", "Xiangzhou Road"), ((420, 900), (370, 600), (320, 370), (385, 60), (345, -130), (300, -400), (330, -800))),
        MainRoad(("滨河路", "Binhe Road"), ((-1200, -190), (-950, -205), (-640, -95), (-340, -110), (0, -40), (345, -95), (600, 0), (850, -35), (1200, 60))),
        MainRoad(("杜鹃大道", "Dujuan Avenue"), ((-1200, -490), (-820, -380), (-410, -330), (-60, -310), (300, -380), (620, -300), (900, -260), (1200, -160))),
        MainRoad(("朝晖路", "Zhaohui Road"), ((560, 900), (580, 560), (690, 345), (740, 110), (700, -20), (690, -160), (640, -300), (600, -700)), "primary"),
        MainRoad(("翠竹路", "Cuizhu Road"), ((-720, 480), (-640, 290), (-660, 30), (-690, -100), (-700, -240), (-640, -345), (-660, -700)), "secondary"),
        MainRoad(("文昌路", "Wenchang Road"), ((20, 800), (-10, 520), (20, 330), (40, 100), (20, -40)), "secondary"),
        MainRoad(("丰收路", "Fengshou Road"), ((-60, -310), (-20, -430), (-70, -540), (-60, -760)), "secondary"),
        MainRoad(("学府路", "Xuefu Road"), ((-350, 520), (-180, 500), (-10, 520), (190, 500), (370, 560), (580, 540), (800, 500), (1000, 480)), "secondary"),
        MainRoad(("安康路", "Ankang Road"), ((-560, 700), (-500, 450), (-485, 320), (-470, 190), (-490, 50), (-515, -90)), "secondary"),
    ),
    waters=(River(("清溪河", "Qingxi River"), ((-1250, -310), (-950, -305), (-660, -195), (-345, -205), (0, -150), (345, -200), (620, -100), (850, -130), (1250, -40)), 24.0),),
    zones=(
        Seed((-150, 200), "old"), Seed((-240, 130), "slab"), Seed((-60, -10), "slab"), Seed((130, 220), "old"), Seed((-170, 20), "mixed"), Seed((200, 10), "mixed"),
        Seed((-470, 200), "slab"), Seed((-780, 170), "village"), Seed((-480, 420), "slab"), Seed((-170, 430), "slab"),
        Seed((180, 440), "slab"), Seed((540, 200), "slab"), Seed((560, 440), "tower"), Seed((900, 250), "slab"),
        Seed((880, 60), "slab"), Seed((-540, -20), "mixed"), Seed((540, 0), "mixed"), Seed((-200, -250), "slab"),
        Seed((130, -260), "tower"), Seed((-540, -240), "slab"), Seed((480, -250), "slab"), Seed((-220, -430), "old"),
        Seed((130, -480), "village"), Seed((-530, -440), "village"), Seed((480, -450), "industry"), Seed((800, -330), "village"),
        Seed((-820, -330), "village"), Seed((-200, 580), "slab"), Seed((200, 580), "slab"), Seed((850, -180), "slab"),
        Seed((-900, 330), "edge"), Seed((1050, 300), "edge"), Seed((-960, -60), "slab"), Seed((-40, -580), "edge"),
        Seed((780, -480), "edge"), Seed((-820, -480), "edge"),
    ),
    sites=(
        Site((100, 420), "school", ("红星实验学校", "Hongxing Experimental School"), 30000),
        Site((-600, 160), "hospital", ("市第一医院", "First City Hospital"), 26000, dedicated=True),
        Site((-80, 150), "market", ("会师农贸市场", "Huishi Farmers' Market"), 12000),
        Site((200, 180), "government", ("市民服务中心", "Citizens' Service Centre"), 20000),
        Site((460, 150), "park", ("映山红公园", "Yingshanhong Park"), 30000),
        Site((-420, -440), "school", ("厦坪中心小学", "Xiaping Central Primary School"), 16000),
        Site((-860, 40), "school", ("翠竹中学", "Cuizhu Middle School"), 30000, dedicated=True),
        Site((560, -470), "industry", ("拿山产业园", "Nashan Industrial Park"), 60000),
        Site((880, 180), "school", ("朝晖小学", "Zhaohui Primary School"), 16000),
        Site((10, -500), "park", ("丰收公园", "Fengshou Park"), 18000),
        Site((-100, -20), "square", ("会师广场", "Huishi Square"), 12000),
        Site((780, 0), "station", ("汽车客运站", "Coach Station"), 14000),
    ),
    communities=(
        CommunityPlan("360881002001", ("会师路社区", "Huishi Road Community"), ((-150, 200), (-150, 20), (-180, -40))),
        CommunityPlan("360881002002", ("映山红路社区", "Yingshanhong Road Community"), ((-180, 430), (120, 430), (150, 560), (-200, 570))),
        CommunityPlan("360881002003", ("龙江路社区", "Longjiang Road Community"), ((-480, 200), (-480, 0), (-500, 430), (-760, 180), (-800, 0))),
        CommunityPlan("360881002004", ("湘洲路社区", "Xiangzhou Road Community"), ((200, 200), (200, 0), (540, 200), (540, 20))),
        CommunityPlan("360881002901", ("朝晖路社区", "Zhaohui Road Community"), ((560, 450), (850, 420), (900, 200), (880, 40)), invented=True),
        CommunityPlan("360881100001", ("厦坪社区", "Xiaping Community"), ((-540, -250), (-540, -440), (-820, -330), (-220, -430), (-220, -250))),
        CommunityPlan("360881106001", ("沟边社区", "Goubian Community"), ((130, -260), (130, -480), (480, -250), (480, -450), (800, -330), (850, -180))),
    ),
    side_roads=(
        ("青松路", "Qingsong Road"), ("兰花路", "Lanhua Road"), ("百合路", "Baihe Road"), ("银杏路", "Yinxing Road"),
        ("香樟路", "Xiangzhang Road"), ("桂花路", "Guihua Road"), ("竹园路", "Zhuyuan Road"), ("溪口路", "Xikou Road"),
        ("书院路", "Shuyuan Road"), ("永新街", "Yongxin Street"), ("团结街", "Tuanjie Street"), ("和平街", "Heping Street"),
        ("幸福路", "Xingfu Road"), ("明珠路", "Mingzhu Road"), ("望江路", "Wangjiang Road"), ("春风路", "Chunfeng Road"),
        ("长虹路", "Changhong Road"), ("建设街", "Jianshe Street"), ("新丰路", "Xinfeng Road"), ("石桥路", "Shiqiao Road"),
        ("枫林路", "Fenglin Road"), ("梅岭路", "Meiling Road"), ("稻香路", "Daoxiang Road"), ("云岭路", "Yunling Road"),
        ("育才路", "Yucai Road"), ("康宁路", "Kangning Road"), ("光明街", "Guangming Street"), ("胜利街", "Shengli Street"),
    ),
)

CIPING = Area(
    centre=(114.162, 26.577),
    outline=(
        (-760, -120), (-830, 90), (-700, 230), (-520, 220), (-430, 380), (-480, 560), (-300, 640), (-110, 540),
        (40, 600), (200, 690), (380, 600), (400, 420), (560, 380), (760, 430), (860, 280), (780, 110), (640, 20),
        (700, -160), (860, -300), (760, -470), (540, -430), (380, -520), (260, -660), (40, -600), (-120, -480),
        (-320, -560), (-540, -600), (-640, -430), (-560, -270),
    ),
    roads=(
        MainRoad(("映翠环路", "Yingcui Ring Road"), ((-190, 20), (-120, 120), (30, 130), (170, 90), (230, -20), (160, -130), (10, -140), (-130, -100)), "primary", closed=True),
        MainRoad(("红军路", "Hongjun Road"), ((40, 90), (30, 135), (20, 260), (-40, 380), (-180, 480), (-320, 700)), "primary"),
        MainRoad(("桐木岭路", "Tongmuling Road"), ((130, 60), (172, 92), (300, 190), (470, 210), (620, 260), (900, 330)), "primary"),
        MainRoad(("黄竹坳路", "Huangzhu'ao Road"), ((-90, -75), (-133, -102), (-260, -190), (-380, -300), (-440, -450), (-480, -800)), "primary"),
        MainRoad(("新市场路", "Xinshichang Road"), ((130, -100), (163, -133), (250, -250), (420, -300), (600, -330), (950, -420)), "primary"),
        MainRoad(("新村路", "Xincun Road"), ((-150, 5), (-192, 20), (-320, 60), (-480, 30), (-620, 60), (-900, 60)), "primary"),
        MainRoad(("环山路", "Huanshan Road"), ((-500, 30), (-400, 190), (-300, 330), (-110, 395), (110, 400), (300, 360), (480, 210), (500, 30), (440, -140), (430, -300), (230, -420), (0, -390), (-200, -390), (-380, -300), (-480, -140)), "secondary", closed=True),
        MainRoad(("茶园路", "Chayuan Road"), ((95, 370), (110, 403), (180, 520), (230, 800)), "secondary"),
        MainRoad(("石溪路", "Shixi Road"), ((0, -110), (10, -143), (60, -270), (0, -390), (30, -500), (120, -750)), "secondary"),
        MainRoad(("松涛路", "Songtao Road"), ((190, -20), (232, -21), (360, -30), (500, 30), (620, 90), (900, 60)), "secondary"),
    ),
    waters=(
        River(("映翠湖", "Yingcui Lake"), ((-110, 30), (-50, 75), (40, 60), (110, 70), (165, 20), (130, -50), (60, -60), (20, -95), (-60, -80), (-75, -30)), closed=True),
        River(("竹坑溪", "Zhukeng Stream"), ((150, 760), (90, 560), (60, 420), (110, 280), (95, 180), (70, 60)), 7.0),
        River(("竹坑溪", "Zhukeng Stream"), ((-30, -60), (-80, -190), (-130, -330), (-110, -440), (-220, -760)), 7.0),
    ),
    zones=(
        Seed((0, 0), "lake"), Seed((-90, 250), "old"), Seed((180, 240), "mixed"), Seed((340, 90), "slab"), Seed((330, 290), "slab"),
        Seed((600, 160), "slab"), Seed((620, 320), "village"), Seed((350, -200), "old"), Seed((200, -330), "old"),
        Seed((560, -250), "slab"), Seed((600, -390), "village"), Seed((360, -90), "slab"), Seed((-60, -270), "mixed"),
        Seed((-280, -300), "slab"), Seed((150, -500), "village"), Seed((-60, -470), "slab"), Seed((-430, -480), "village"),
        Seed((-300, -80), "slab"), Seed((-320, 170), "slab"), Seed((-600, 130), "village"), Seed((-620, -40), "slab"), Seed((-220, 370), "slab"),
        Seed((-330, 540), "village"), Seed((20, 500), "slab"), Seed((290, 520), "tower"), Seed((-540, -320), "village"),
        Seed((-790, 60), "edge"), Seed((-430, 560), "edge"), Seed((700, 420), "edge"), Seed((820, 260), "edge"), Seed((800, -300), "edge"),
        Seed((250, -630), "edge"), Seed((-560, -570), "edge"), Seed((180, 660), "edge"), Seed((-250, 620), "edge"),
    ),
    sites=(
        Site((330, -210), "market", ("新市场", "Xinshichang Market"), 14000, dedicated=True),
        Site((-260, 60), "government", ("茨坪镇政府", "Ciping Town Hall"), 12000),
        Site((300, 30), "hospital", ("茨坪医院", "Ciping Hospital"), 14000),
        Site((-230, 280), "school", ("茨坪学校", "Ciping School"), 20000),
        Site((120, 310), "hotel", ("映翠宾馆", "Yingcui Hotel"), 12000),
        Site((-60, -230), "museum", ("陈列馆", "Exhibition Hall"), 14000),
        Site((-380, -80), "park", ("青松园", "Qingsong Park"), 16000),
        Site((450, -400), "station", ("茨坪客运站", "Ciping Coach Station"), 9000),
    ),
    communities=(
        CommunityPlan("360881105001", ("黄竹坳路社区", "Huangzhu'ao Road Community"), ((-280, -300), (-430, -480), (-60, -270), (-60, -470), (-300, -150))),
        CommunityPlan("360881105002", ("红军路社区", "Hongjun Road Community"), ((-90, 250), (-220, 370), (-330, 540), (20, 500), (180, 240), (290, 520), (0, 0))),
        CommunityPlan("360881105003", ("桐木岭路社区", "Tongmuling Road Community"), ((330, 290), (340, 90), (600, 160), (620, 320))),
        CommunityPlan("360881105004", ("新市场路社区", "Xinshichang Road Community"), ((350, -200), (200, -330), (560, -250), (600, -390), (360, -90), (150, -500))),
        CommunityPlan("360881105005", ("新村社区", "Xincun Community"), ((-300, 170), (-320, -50), (-600, 130), (-620, -40))),
    ),
    side_roads=(
        ("杉林路", "Shanlin Road"), ("泉水路", "Quanshui Road"), ("云海路", "Yunhai Road"), ("竹海路", "Zhuhai Road"),
        ("杜鹃路", "Dujuan Road"), ("小溪街", "Xiaoxi Street"), ("老街", "Old Street"), ("观景路", "Guanjing Road"),
        ("山门路", "Shanmen Road"), ("翠岭路", "Cuiling Road"), ("南坡路", "Nanpo Road"), ("北坡路", "Beipo Road"),
        ("林场路", "Linchang Road"), ("雾松路", "Wusong Road"), ("晨曦路", "Chenxi Road"), ("静山路", "Jingshan Road"),
        ("长岭路", "Changling Road"), ("梯田路", "Titian Road"), ("玉兰路", "Yulan Road"), ("红枫路", "Hongfeng Road"),
    ),
)

CLUSTERS = (
    Cluster("会师农贸市场周边占道经营", 0, (-100, 190), 55, ("D34", "D35", "D32"), "2024-03-01", "2025-12-31", 210),
    Cluster("朝晖路新楼盘施工噪声与扬尘", 0, (690, 480), 80, ("D42", "D44", "D33"), "2025-02-01", "2025-11-30", 160),
    Cluster("老城雨季积水与排水堵塞", 0, (-190, 280), 70, ("D18", "D48", "D19"), "2024-04-01", "2024-07-31", 120),
    Cluster("老城雨季积水与排水堵塞", 0, (-190, 280), 70, ("D18", "D48", "D19"), "2025-04-01", "2025-07-31", 90),
    Cluster("第一医院周边乱停车", 0, (-560, 170), 60, ("D36", "D37"), "2024-01-01", "2025-12-31", 170),
    Cluster("翠竹中学上下学秩序", 0, (-780, 30), 50, ("D77", "D36"), "2024-09-01", "2025-06-30", 80),
    Cluster("产业园夜间噪声与扬尘", 0, (500, -480), 90, ("D42", "D44", "D57"), "2024-06-01", "2024-12-31", 70),
    Cluster("小区电动车违规充电", 0, (-180, 450), 90, ("D55", "D54", "D53"), "2025-05-01", "2025-10-31", 130),
    Cluster("新市场周边摊点", 1, (330, -210), 50, ("D34", "D35", "D32", "D63"), "2024-01-01", "2025-12-31", 190),
    Cluster("映翠湖景区旅游投诉", 1, (60, 130), 70, ("D78", "D36"), "2024-05-01", "2024-10-31", 90),
    Cluster("映翠湖景区旅游投诉", 1, (60, 130), 70, ("D78", "D36"), "2025-05-01", "2025-10-31", 100),
    Cluster("红军路夜市油烟", 1, (-40, 330), 45, ("D41", "D43"), "2025-06-01", "2025-09-30", 110),
)


def _scaled(cluster: Cluster, factor: float) -> Cluster:
    x, y = cluster.at
    return replace(cluster, at=(x * factor, y * factor))


SCALES = (1.165, 1.24)

PLAN = Plan(
    slug="jinggangshan",
    division_code="360881",
    name=("井冈山市", "Jinggangshan"),
    metric_srid=4547,
    seed=360881,
    streets=(
        ("360881002", ("红星街道", "Hongxing Subdistrict")),
        ("360881100", ("厦坪镇", "Xiaping Town")),
        ("360881105", ("茨坪镇", "Ciping Town")),
        ("360881106", ("拿山镇", "Nashan Town")),
    ),
    areas=(NEW_TOWN.scaled(SCALES[0]), CIPING.scaled(SCALES[1])),
    grids=62,
    splits=6,
    red_stations=10,
    workstations=16,
    paired_units=170,
    members=4360,
    background_issues=((2024, 900), (2025, 1050)),
    clusters=tuple(_scaled(cluster, SCALES[cluster.area]) for cluster in CLUSTERS),
    current_year=2026,
    current_year_issues=73,
    in_hand=("handled", "accepted", "accepted", "dispatched"),
    new_towers=5,
    cleared=3,
    unanswered=3,
    notice=(
        "演示数据：道路、楼栋、住户、人员和事项均为虚构，由程序生成，不是井冈山市的真实情况。",
        "Demonstration data: roads, buildings, households, people and issues are invented by a"
        " program and do not describe the real city of Jinggangshan.",
    ),
)
