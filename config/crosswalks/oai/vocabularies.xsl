<?xml version="1.0" encoding="UTF-8"?>
<!-- Languages, resource types and access rights: what the transformers and oai_openaire.xsl look words up in. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:variable name="upper" select="'ABCDEFGHIJKLMNOPQRSTUVWXYZ'"/>
  <xsl:variable name="lower" select="'abcdefghijklmnopqrstuvwxyz'"/>
  <xsl:variable name="semantics" select="'info:eu-repo/semantics/'"/>

  <!-- A value as it is compared: in lower case, without blanks and without info:eu-repo/semantics/. -->
  <xsl:template name="word">
    <xsl:param name="value" select="."/>
    <xsl:variable name="text" select="translate(normalize-space($value), concat($upper, ' '), $lower)"/>
    <xsl:choose>
      <xsl:when test="starts-with($text, $semantics)"><xsl:value-of select="substring-after($text, $semantics)"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="$text"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Languages. The two letters of ISO 639-1, then the three that libraries use (ISO 639-2/B), each with those of
       ISO 639-3. -->
  <xsl:variable name="languages" select="'
    aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel bg:bul bi:bis
    bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces cu:chu cv:chv cy:cym da:dan de:deu
    dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra fy:fry
    ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her ia:ina
    id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita iu:iku ja:jpn jv:jav ka:kat kg:kon ki:kik kj:kua kk:kaz
    kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat lb:ltz lg:lug li:lim ln:lin lo:lao
    lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal mn:mon mr:mar ms:msa mt:mlt my:mya na:nau nb:nob nd:nde
    ne:nep ng:ndo nl:nld nn:nno no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol
    ps:pus pt:por qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag sh:hbs si:sin sk:slk
    sl:slv sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir
    tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol
    wa:wln wo:wol xh:xho yi:yid yo:yor za:zha zh:zho zu:zul
    alb:sqi arm:hye baq:eus bur:mya chi:zho cze:ces dut:nld fre:fra geo:kat ger:deu gre:ell ice:isl mac:mkd mao:mri
    may:msa per:fas rum:ron slo:slk tib:bod wel:cym
    '"/>

  <!-- A language (en, en_US, ger) as ISO 639-3 has it (eng, eng, deu). The first part of the tag decides; three letters are
       believed; what is no language stays as it is. -->
  <xsl:template name="language">
    <xsl:variable name="tag" select="translate(normalize-space(), concat('_', $upper), concat('-', $lower))"/>
    <xsl:variable name="code" select="substring-before(concat($tag, '-'), '-')"/>
    <xsl:variable name="entry" select="concat(' ', $code, ':')"/>
    <xsl:choose>
      <xsl:when test="$code and contains($languages, $entry)">
        <xsl:value-of select="substring(substring-after($languages, $entry), 1, 3)"/>
      </xsl:when>
      <xsl:when test="string-length($code) = 3 and translate($code, $lower, '') = ''">
        <xsl:value-of select="$code"/>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="."/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- xml:lang, from the element that the value stands in: en_US is en-US. What is no language tag is left out. -->
  <xsl:template name="lang">
    <xsl:variable name="tag" select="translate(../@name, '_', '-')"/>
    <xsl:variable name="first" select="substring-before(concat($tag, '-'), '-')"/>
    <xsl:variable name="second" select="substring-before(concat(substring-after($tag, '-'), '-'), '-')"/>
    <xsl:if test="$first != 'none' and string-length($first) &gt; 1 and string-length($first) &lt; 9
        and translate($first, concat($upper, $lower), '') = ''">
      <xsl:attribute name="xml:lang">
        <xsl:value-of select="$first"/>
        <xsl:if test="$second and string-length($second) &lt; 9 and translate($second, concat($upper, $lower, '0123456789'), '') = ''">
          <xsl:value-of select="concat('-', $second)"/>
        </xsl:if>
      </xsl:attribute>
    </xsl:if>
  </xsl:template>

  <!-- Resource types of COAR: |word>identifier>general type>label. The word is the label in lower case without blanks, or
       another that means the same; the identifier goes after http://purl.org/coar/resource_type/. General types are
       (l)iterature, (d)ataset, (s)oftware and (o)ther research product. Conference presentations and learning objects came
       with version 3 of the vocabulary, which the schema of OpenAIRE 4.0 does not have: they show the next wider type. -->
  <xsl:variable name="types" select="'
    |other>c_1843>o>other
    |annotation>c_1162>l>annotation
    |journal>c_0640>l>journal
    |journalarticle>c_6501>l>journal article
    |article>c_6501>l>journal article
    |editorial>c_b239>l>editorial
    |bachelorthesis>c_7a1f>l>bachelor thesis
    |bibliography>c_86bc>l>bibliography
    |book>c_2f33>l>book
    |bookpart>c_3248>l>book part
    |bookchapter>c_3248>l>book part
    |bookreview>c_ba08>l>book review
    |website>c_7ad9>o>website
    |interactiveresource>c_e9a0>o>interactive resource
    |conferenceproceedings>c_f744>l>conference proceedings
    |conferenceobject>c_c94f>l>conference object
    |conferencepaper>c_5794>l>conference paper
    |conferenceposter>c_6670>l>conference poster
    |contributiontojournal>c_3e5a>l>contribution to journal
    |contributiontoperiodical>c_3e5a>l>contribution to journal
    |datapaper>c_beb9>l>data paper
    |dataset>c_ddb1>d>dataset
    |doctoralthesis>c_db06>l>doctoral thesis
    |image>c_c513>o>image
    |lecture>c_8544>l>lecture
    |letter>c_0857>l>letter
    |masterthesis>c_bdcc>l>master thesis
    |movingimage>c_8a7e>o>moving image
    |animation>c_8a7e>o>moving image
    |periodical>c_2659>l>periodical
    |lettertotheeditor>c_545b>l>letter to the editor
    |patent>c_15cd>l>patent
    |preprint>c_816b>l>preprint
    |report>c_93fc>l>report
    |reportpart>c_ba1f>l>report part
    |researchproposal>c_baaf>l>research proposal
    |review>c_efa0>l>review
    |software>c_5ce6>s>software
    |stillimage>c_ecc8>o>still image
    |technicaldocumentation>c_71bd>l>technical documentation
    |workflow>c_393c>o>workflow
    |workingpaper>c_8042>l>working paper
    |thesis>c_46ec>l>thesis
    |cartographicmaterial>c_12cc>o>cartographic material
    |map>c_12cd>o>map
    |video>c_12ce>o>video
    |sound>c_18cc>o>sound
    |musicalcomposition>c_18cd>o>musical composition
    |text>c_18cf>l>text
    |conferencepapernotinproceedings>c_18cp>l>conference paper not in proceedings
    |conferenceposternotinproceedings>c_18co>l>conference poster not in proceedings
    |musicalnotation>c_18cw>o>musical notation
    |musicalscore>c_18cw>o>musical notation
    |internalreport>c_18ww>l>internal report
    |memorandum>c_18wz>l>memorandum
    |othertypeofreport>c_18wq>l>other type of report
    |policyreport>c_186u>l>policy report
    |projectdeliverable>c_18op>l>project deliverable
    |reporttofundingagency>c_18hj>l>report to funding agency
    |researchreport>c_18ws>l>research report
    |technicalreport>c_18gh>l>technical report
    |reviewarticle>c_dcae04bc>l>review article
    |researcharticle>c_2df8fbb1>l>research article
    |conferencepresentation>c_c94f>l>conference presentation
    |presentation>c_c94f>l>conference presentation
    |r60j-j5bd>c_c94f>l>conference presentation
    |learningobject>c_1843>o>learning object
    |c_e059>c_1843>o>learning object
    |'"/>

  <!-- The row of a resource type from its identifier on; that of `other` when there is none. -->
  <xsl:template name="coar-type">
    <xsl:param name="word"/>
    <xsl:variable name="identifier" select="substring-after($word, '://purl.org/coar/resource_type/')"/>
    <xsl:variable name="by-word">
      <xsl:value-of select="concat('|', $identifier)"/>
      <xsl:if test="not($identifier)"><xsl:value-of select="$word"/></xsl:if>
      <xsl:text>></xsl:text>
    </xsl:variable>
    <xsl:variable name="by-identifier" select="concat('>', $identifier, '>')"/>
    <xsl:choose>
      <xsl:when test="translate($word, '&gt;|', '') != $word">c_1843>o>other</xsl:when>
      <xsl:when test="contains($types, $by-word)">
        <xsl:value-of select="normalize-space(substring-before(substring-after($types, $by-word), '|'))"/>
      </xsl:when>
      <xsl:when test="starts-with($identifier, 'c_') and contains($types, $by-identifier)">
        <xsl:value-of select="concat($identifier, '>', normalize-space(substring-before(substring-after($types, $by-identifier), '|')))"/>
      </xsl:when>
      <xsl:otherwise>c_1843>o>other</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Access rights of COAR: |word>identifier>label. The words are those of dc.rights, the identifiers, and the states of
       access that an XOAI document has (open.access, embargo, restricted, metadata.only). -->
  <xsl:variable name="rights" select="'
    |openaccess>c_abf2>open access
    |c_abf2>c_abf2>open access
    |open.access>c_abf2>open access
    |embargoedaccess>c_f1cf>embargoed access
    |c_f1cf>c_f1cf>embargoed access
    |embargo>c_f1cf>embargoed access
    |restrictedaccess>c_16ec>restricted access
    |c_16ec>c_16ec>restricted access
    |restricted>c_16ec>restricted access
    |metadataonlyaccess>c_14cb>metadata only access
    |closedaccess>c_14cb>metadata only access
    |c_14cb>c_14cb>metadata only access
    |metadata.only>c_14cb>metadata only access
    |'"/>

  <!-- The row of an access right from its identifier on, or nothing. -->
  <xsl:template name="coar-right">
    <xsl:param name="word"/>
    <xsl:variable name="identifier" select="substring-after($word, '://purl.org/coar/access_right/')"/>
    <xsl:variable name="entry">
      <xsl:value-of select="concat('|', $identifier)"/>
      <xsl:if test="not($identifier)"><xsl:value-of select="$word"/></xsl:if>
      <xsl:text>></xsl:text>
    </xsl:variable>
    <xsl:if test="translate($word, '&gt;|', '') = $word">
      <xsl:value-of select="normalize-space(substring-before(substring-after($rights, $entry), '|'))"/>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
