//! Words that decide what a sentence says, in the languages that there are rules for. Where one of them is taken too widely a
//! good suggestion is lost, and nothing else: so the lists are wide. Each has its words between white space.

/// Whether a list has a word.
pub(super) fn has(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|own| own == word)
}

/// Whether a list has a beginning of a word.
pub(super) fn begins(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|own| word.starts_with(own))
}

/// Words that deny something, or that say it all but does not happen.
pub(super) const NEGATIONS: &str = "
not no never none nobody nothing nor neither without nowhere unless hardly scarcely barely rarely seldom fail fails
failed refuse refuses refused decline declines declined deny denies denied reject rejects rejected lack lacks lacked
lacking avoid avoids avoided prevent prevents prevented except otherwise instead against oppose opposes opposed false
wrong
не ні ані ніхто ніщо нічого нікого нікому ніколи ніде ніякий ніяка ніяких жоден жодна жодного жодної жодних немає нема
без проти замість крім окрім ледве навряд відмовив відмовила відмовили відхилив відхилила відхилили заперечив
заперечила заперечили
нет ни никто ничто ничего никого никому никогда нигде никакой никакая никаких нельзя против вместо кроме едва вряд
отказал отказала отказали отклонил отклонила отклонили отрицал отрицала отрицали";

/// Words that say what must, may and can be, how sure it is, and who says so.
pub(super) const MODALS: &str = "
shall must may might can could should would will ought need needs needed dare allowed permitted required requires
require obliged forbidden able perhaps maybe possibly probably likely unlikely certainly surely definitely allegedly
reportedly apparently seems seem seemed appears appear appeared if whether
повинен повинна повинно повинні мусить мусять мусив мусила мусили може можуть можна міг могла могло могли слід треба
потрібно необхідно має мають мав мала мали буде будуть був була було були б би якщо якби чи можливо ймовірно мабуть
певно нібито начебто зобов'язаний зобов'язана зобов'язані дозволено заборонено
должен должна должно должны может могут можно мог следует надо нужно необходимо обязан обязана обязано обязаны будет
будут был была было были бы если ли возможно вероятно наверное якобы будто разрешено запрещено";

/// Numbers and quantities as words: whole words.
pub(super) const NUMBERS: &str = "
zero one ones two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty thirty forty fourty fifty sixty seventy eighty ninety hundred thousand million billion
trillion hundreds thousands millions billions tens twenties thirties forties fifties sixties seventies eighties
nineties first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth fiftieth sixtieth seventieth
eightieth ninetieth hundredth thousandth half halves thirds quarter quarters fifths tenths dozen dozens score scores
pair pairs couple once twice thrice single double triple twofold threefold both all some most few fewer fewest several
many much more less least each every any either only majority minority about around approximately roughly nearly
almost exactly percent per last next latter former or
сто ста пів півтора пара пару пари кілька декілька кількох декількох багато мало більше більш менше менш все всі усі
всіх усіх всього усього весь вся уся кожен кожна кожне кожного кожної будь обидва обидві обоє обох лише лиш тільки
близько приблизно майже рівно відсоток відсотки відсотків або
пол полтора полторы пары несколько нескольких много больше более меньше менее всё всех всего всю каждый каждая каждое
каждого каждой любой любая оба обе обоих обеих лишь только около примерно почти ровно процент процента процентов или";

/// The beginnings of numbers, days and months that have endings.
pub(super) const NUMBERS_BEGIN: &str = "
нул нол один одн два дві две двоє двое двом двох двум двух двой двадц двана двена двіч дваж друг втор три трьо трё
трех трем троє трое трой трет чотир четыр четвер чверт п'ят пят шіст шест шост сім сем сьом седьм вісім вісьм восьм
восем дев'ят девят десят сорок сот двіст двест тисяч тысяч мільйон миллион мільярд миллиард трильйон триллион половин
пол- дюжин перш перв єдин един останн последн більшіст большинств меншіст меньшинств частин
понеділ вівтор серед п'ятниц субот неділ січ лют берез квіт трав черв лип серп верес жовт листопад груд понедельн
вторник среду среды среда пятниц суббот воскресен январ феврал март апрел июн июл август сентябр октябр ноябр декабр";

/// What is counted and measured, when, and which way it goes.
pub(super) const BOUNDS: &str = "
before after until till since when while during within by above below over under up down than then because although
though but yet still already now today yesterday tomorrow ago always often sometimes usually increase increases
increased decrease decreases decreased rise rises rose risen fall falls fell fallen grow grows grew shrink higher
lower highest lowest maximum minimum second seconds minute minutes hour hours day days week weeks month months year
years decade decades century metre metres meter meters kilometre kilometres kilometer kilometers mile miles foot feet
inch inches ton tons tonne tonnes kilogram kilograms gram grams pound pounds litre litres barrel barrels degree
degrees dollar dollars euro euros cent cents crown crowns north south east west northern southern eastern western left
right from out off is are am was were be been being has have had do does did
до після перед поки доки під час протягом упродовж над вище нижче ніж але проте однак хоча бо тому вже уже ще іще
тепер зараз сьогодні вчора учора завтра завжди часто іноді інколи секунд хвилин хвилини годин години година день дні
днів тиждень тижні тижнів місяць місяці місяців рік року роки років метрів кілометрів тонн доларів євро гривень від
после пока во время течение под выше ниже чем но хотя однако потому ещё еще теперь сейчас сегодня всегда иногда минут
минуты часов часа дня дней неделя недели недель месяц месяца месяцев год года лет метров километров долларов рублей от
из";

/// The beginnings of words that have a contrary, which stands in the same places: what is replaced by its contrary looks to rules
/// as what is replaced by a word of the same meaning.
pub(super) const CONTRARIES_BEGIN: &str = "
agree object accept approv support allow permit forbid forbad prohibit ban condemn prais confirm begin began begun
start end finish stop continu open clos buy bought sell sold win won lose losing lost give gave giving take took
taking import export attack defend enter leave leaving join add remov keep kept break broke build built destroy creat
abolish gain succe trust doubt love hate like hope fear remember forg good bad better worse best worst large small big
little great high low long short old new young early late fast quick slow strong weak rich poor hot cold warm cool
easy easi hard difficult public private secret safe danger legal lawful guilt innocent friend enem ally allies inside
outside near far front back top bottom true real full empty whole part deep shallow wide narrow heavy light clean
dirty alive dead peace war buyer seller borrow lend lent debt profit loss man men woman women boy girl son daughter
father mother brother sister child parent black white red green blue yellow
згод погод відмов відхил підтрим схвал засуд дозв забор почат почал почав почин заверш закінч припин продовж відкри
закри купи купл купув прода вигра перемо програ дав дали дати надав надал взял взяв взяти узял узяв нов стар добр
поган кращ гірш велик малень малий мала малі висок низьк довг коротк ранн рано пізн швидк повіл сильн слабк багат бідн
легк важк таємн публіч безпеч небезп друз друж ворог ворож союз війн мир чоловік жін син доньк дочк батьк матер брат
сест північ півден схід захід лів прав біл чорн червон зелен імпорт експорт зрост зрос збільш зменш падін впал напад
напал захист захищ
соглас отказ отклон поддерж одобр осуд осужд разреш запре начал начат начин законч прекра продолж откры закры куплен
покуп выигр побед проигр взять дать хорош плох лучш худш больш маленьк высок низк длинн долг поздн быстр медлен слаб
богат бедн тяж тайн секрет безопас опасн друг враг враж войн мужч женщ сын дочер отец отц мать север юг южн восток
восточ запад лев бел чёрн черн красн рост увелич уменьш паден упал защит защищ";

/// Who it is, where no name says it.
pub(super) const PERSONS: &str = "
i me my mine we us our ours you your yours he him his she her hers it its they them their theirs who whom whose this
these those same other others another
я мене мені мій моя моє мої ми нас нам наш наша наше наші ти тебе ви вас вам ваш ваша ваше ваші він його йому нього
ним вона її їй неї нею воно вони їх їм їхній їхня їхнє їхні них хто кого кому цей ця це ці той те ті сам сама самі
свій своя своє свої
меня мне мой моё мои мы наши ты тебя вы ваши он его ему него она её ее ей неё нее оно они их им ими кто этот эта это
эти тот то сами свой своё свои";

/// With these a sentence begins that begins with no name; persons, modals and the like are told by their own lists.
pub(super) const BEGINNINGS: &str = "
the a an in on at for with as of there here also so such what where which how why however therefore moreover
furthermore finally later earlier meanwhile thus hence nonetheless nevertheless afterwards soon even just through
throughout upon despite according regarding concerning across among beyond together along again
в у на за по про при для щодо що як щоб так там тут тоді коли де також отже втім крім згодом пізніше раніше потім
нарешті зокрема наприклад через серед між
к о об что как чтобы здесь тогда когда где также затем позже раньше ранее потом наконец итак впрочем например среди
между относительно";

/// Beginnings that turn a word into its contrary.
pub(super) const CONTRARY: &str = "
un dis in im ir il non mis anti counter de під не без анти проти против бес";
