<?xml version="1.0" encoding="UTF-8"?>
<!-- How DIM2DataCite.xsl reads a value: the words DataCite has for types, people and their ORCID iDs, dates, languages,
     identifiers, addresses. Each template works on the dim:field that it is called for. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns="http://datacite.org/schema/kernel-4">
  <xsl:import href="../oai/vocabularies.xsl"/>

  <!-- qualifier=type of DataCite, between blanks -->
  <xsl:variable name="contributor-types" select="' advisor=Supervisor supervisor=Supervisor editor=Editor translator=Translator
    sponsor=Sponsor contactperson=ContactPerson datacollector=DataCollector datacurator=DataCurator datamanager=DataManager
    distributor=Distributor producer=Producer projectleader=ProjectLeader projectmanager=ProjectManager
    projectmember=ProjectMember researcher=Researcher researchgroup=ResearchGroup rightsholder=RightsHolder
    relatedperson=RelatedPerson workpackageleader=WorkPackageLeader '"/>
  <xsl:variable name="title-types" select="' alternative=AlternativeTitle subtitle=Subtitle translated=TranslatedTitle '"/>
  <xsl:variable name="date-types" select="' accepted=Accepted available=Available collected=Collected copyright=Copyrighted
    created=Created issued=Issued submitted=Submitted updated=Updated modified=Updated valid=Valid '"/>
  <xsl:variable name="relation-types" select="' ispartof=IsPartOf haspart=HasPart isversionof=IsVersionOf hasversion=HasVersion
    isformatof=IsVariantFormOf hasformat=IsOriginalFormOf isbasedon=IsDerivedFrom isbasisfor=IsSourceOf
    isreferencedby=IsReferencedBy references=References iscitedby=IsCitedBy cites=Cites requires=Requires
    isrequiredby=IsRequiredBy replaces=Obsoletes isreplacedby=IsObsoletedBy issupplementto=IsSupplementTo
    issupplementedby=IsSupplementedBy isdocumentedby=IsDocumentedBy documents=Documents istranslationof=IsTranslationOf
    hastranslation=HasTranslation '"/>
  <xsl:variable name="description-types" select="' abstract=Abstract tableofcontents=TableOfContents methods=Methods
    statementofresponsibility=Other '"/>
  <xsl:variable name="subject-schemes" select="' ddc=DDC lcc=LCC lcsh=LCSH mesh=MeSH '"/>
  <xsl:variable name="identifier-types" select="' isbn=ISBN ismn=ISMN sici=SICI pmid=PMID govdoc=GovDoc '"/>

  <!-- |word>general type of DataCite. Words are as in ../oai/vocabularies.xsl, `word`. -->
  <xsl:variable name="general-types" select="'
    |animation>Audiovisual|annotation>Text|article>JournalArticle|audiovisual>Audiovisual|award>Award
    |bachelorthesis>Dissertation|bibliography>Text|book>Book|bookchapter>BookChapter|bookpart>BookChapter
    |bookreview>PeerReview|cartographicmaterial>Image|collection>Collection|computationalnotebook>ComputationalNotebook
    |conferenceobject>Text|conferencepaper>ConferencePaper|conferenceposter>Text|conferencepresentation>Text
    |conferenceproceeding>ConferenceProceeding|conferenceproceedings>ConferenceProceeding
    |contributiontoperiodical>JournalArticle|contributiontojournal>JournalArticle|datamanagementplan>OutputManagementPlan
    |datapaper>DataPaper|dataset>Dataset|dissertation>Dissertation|doctoralthesis>Dissertation|editorial>JournalArticle
    |event>Event|image>Image|image,3-d>Image|instrument>Instrument|interactiveresource>InteractiveResource
    |internalreport>Report|journal>Journal|journalarticle>JournalArticle|learningobject>InteractiveResource|lecture>Text
    |letter>Text|lettertotheeditor>JournalArticle|manuscript>Text|map>Image|masterthesis>Dissertation|model>Model
    |movingimage>Audiovisual|musicalcomposition>Other|musicalnotation>Other|musicalscore>Other|other>Other
    |outputmanagementplan>OutputManagementPlan|patent>Text|peerreview>PeerReview|physicalobject>PhysicalObject
    |planorblueprint>Image|policyreport>Report|poster>Text|preprint>Preprint|presentation>Text|project>Project
    |projectdeliverable>Report|recording,acoustical>Sound|recording,musical>Sound|recording,oral>Sound|report>Report
    |reportpart>Report|researcharticle>JournalArticle|researchproposal>Text|researchreport>Report|review>PeerReview
    |reviewarticle>JournalArticle|service>Service|software>Software|sound>Sound|standard>Standard|stillimage>Image
    |studyregistration>StudyRegistration|technicaldocumentation>Text|technicalreport>Report|text>Text|thesis>Dissertation
    |video>Audiovisual|website>InteractiveResource|workflow>Workflow|workingpaper>Text|'"/>

  <xsl:variable name="digits" select="'0123456789'"/>
  <xsl:variable name="nines" select="'9999999999'"/>
  <xsl:variable name="of-a-uri"><xsl:value-of select="concat($upper, $lower, $digits)"/>-._~:/?#@!$&amp;'()*+,;=%</xsl:variable>

  <!-- A name; with a comma between two parts, or with an ORCID iD, it is that of a person. -->
  <xsl:template name="name">
    <xsl:variable name="orcid"><xsl:call-template name="orcid"/></xsl:variable>
    <xsl:variable name="is-person"><xsl:call-template name="is-person"/></xsl:variable>
    <xsl:if test="$is-person = 'yes' or $orcid != ''"><xsl:attribute name="nameType">Personal</xsl:attribute></xsl:if>
    <xsl:value-of select="normalize-space()"/>
  </xsl:template>

  <!-- The parts of a person's name, and the ORCID iD. -->
  <xsl:template name="person">
    <xsl:variable name="is-person"><xsl:call-template name="is-person"/></xsl:variable>
    <xsl:variable name="orcid"><xsl:call-template name="orcid"/></xsl:variable>
    <xsl:if test="$is-person = 'yes'">
      <givenName><xsl:value-of select="normalize-space(substring-after(., ','))"/></givenName>
      <familyName><xsl:value-of select="normalize-space(substring-before(., ','))"/></familyName>
    </xsl:if>
    <xsl:if test="$orcid != ''">
      <nameIdentifier nameIdentifierScheme="ORCID" schemeURI="https://orcid.org">
        <xsl:value-of select="concat('https://orcid.org/', $orcid)"/>
      </nameIdentifier>
    </xsl:if>
  </xsl:template>

  <xsl:template name="is-person">
    <xsl:if test="normalize-space(substring-before(., ',')) and normalize-space(substring-after(., ','))
        and not(contains(substring-after(., ','), ','))">yes</xsl:if>
  </xsl:template>

  <!-- The ORCID iD at the end of the authority's key, unless the match was rejected, failed or is ambiguous (0 to 400). -->
  <xsl:template name="orcid">
    <xsl:variable name="key" select="normalize-space(@authority)"/>
    <xsl:variable name="id" select="translate(substring($key, string-length($key) - 18), 'x', 'X')"/>
    <xsl:variable name="shape" select="translate($id, $digits, $nines)"/>
    <xsl:if test="($shape = '9999-9999-9999-9999' or $shape = '9999-9999-9999-999X') and not(@confidence &gt;= 0 and @confidence &lt;= 400)">
      <xsl:value-of select="$id"/>
    </xsl:if>
  </xsl:template>

  <xsl:template name="general-type">
    <xsl:variable name="word"><xsl:call-template name="word"/></xsl:variable>
    <xsl:variable name="row">
      <xsl:if test="contains($word, '://purl.org/coar/resource_type/')">
        <xsl:call-template name="coar-type"><xsl:with-param name="word" select="$word"/></xsl:call-template>
      </xsl:if>
    </xsl:variable>
    <xsl:variable name="label" select="translate(substring-after(substring-after($row, '>'), '>'), ' ', '')"/>
    <xsl:variable name="wanted">
      <xsl:value-of select="$label"/>
      <xsl:if test="$label = ''"><xsl:value-of select="$word"/></xsl:if>
    </xsl:variable>
    <xsl:if test="translate($wanted, '&gt;|', '') = $wanted">
      <xsl:variable name="rest" select="substring-after($general-types, concat('|', $wanted, '>'))"/>
      <xsl:value-of select="normalize-space(substring-before($rest, '|'))"/>
    </xsl:if>
  </xsl:template>

  <xsl:template name="date">
    <xsl:variable name="value" select="normalize-space()"/>
    <xsl:variable name="type">
      <xsl:choose>
        <xsl:when test="@element='coverage'">Coverage</xsl:when>
        <xsl:otherwise><xsl:call-template name="of-table"><xsl:with-param name="table" select="$date-types"/></xsl:call-template></xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <xsl:variable name="from"><xsl:call-template name="is-date"><xsl:with-param name="value" select="substring-before(concat($value, '/'), '/')"/></xsl:call-template></xsl:variable>
    <xsl:variable name="to">
      <xsl:if test="contains($value, '/')"><xsl:call-template name="is-date"><xsl:with-param name="value" select="substring-after($value, '/')"/></xsl:call-template></xsl:if>
      <xsl:if test="not(contains($value, '/'))">yes</xsl:if>
    </xsl:variable>
    <xsl:if test="$type != '' and $from = 'yes' and $to = 'yes'">
      <date dateType="{$type}"><xsl:value-of select="$value"/></date>
    </xsl:if>
  </xsl:template>

  <xsl:template name="is-date">
    <xsl:param name="value"/>
    <xsl:variable name="shape" select="translate($value, $digits, $nines)"/>
    <xsl:if test="$shape = '9999' or $shape = '9999-99' or $shape = '9999-99-99' or (starts-with($shape, '9999-99-99T99:99')
        and string-length($shape) &lt; 36 and translate(substring($shape, 17), '9:.Z+-', '') = '')">yes</xsl:if>
  </xsl:template>

  <xsl:template name="xml-lang">
    <xsl:variable name="tag"><xsl:call-template name="tag"><xsl:with-param name="value" select="@lang"/></xsl:call-template></xsl:variable>
    <xsl:if test="$tag != ''"><xsl:attribute name="xml:lang"><xsl:value-of select="$tag"/></xsl:attribute></xsl:if>
  </xsl:template>

  <!-- A language as RFC 5646 has it: en_US is en-US, ger and deu are de; nothing for what is no language. -->
  <xsl:template name="tag">
    <xsl:param name="value"/>
    <xsl:variable name="given" select="concat(translate(normalize-space($value), '_', '-'), '-')"/>
    <xsl:variable name="code" select="translate(substring-before($given, '-'), $upper, $lower)"/>
    <xsl:variable name="region" select="translate(substring-before(substring-after($given, '-'), '-'), $lower, $upper)"/>
    <!-- Of a code of libraries (ger) that of ISO 639-3 (deu). -->
    <xsl:variable name="three">
      <xsl:if test="contains($languages, concat(' ', $code, ':'))">
        <xsl:value-of select="substring(substring-after($languages, concat(' ', $code, ':')), 1, 3)"/>
      </xsl:if>
      <xsl:if test="not(contains($languages, concat(' ', $code, ':')))"><xsl:value-of select="$code"/></xsl:if>
    </xsl:variable>
    <xsl:variable name="before" select="substring-before($languages, concat(':', $three))"/>
    <xsl:variable name="two" select="substring($before, string-length($before) - 2)"/>
    <xsl:if test="translate($code, $lower, '') = '' and (string-length($code) = 2 or string-length($code) = 3)">
      <xsl:choose>
        <xsl:when test="string-length($code) = 3 and starts-with($two, ' ')"><xsl:value-of select="substring($two, 2)"/></xsl:when>
        <xsl:otherwise><xsl:value-of select="$code"/></xsl:otherwise>
      </xsl:choose>
      <xsl:if test="string-length($region) = 2 and translate($region, $upper, '') = ''"><xsl:value-of select="concat('-', $region)"/></xsl:if>
    </xsl:if>
  </xsl:template>

  <!-- The type of an identifier of DataCite, a blank, and the identifier; nothing for what has no such form. -->
  <xsl:template name="kind">
    <xsl:variable name="value" select="normalize-space()"/>
    <xsl:variable name="low" select="translate($value, $upper, $lower)"/>
    <xsl:variable name="uri"><xsl:call-template name="uri"/></xsl:variable>
    <xsl:choose>
      <xsl:when test="contains($value, ' ')"/>
      <xsl:when test="starts-with($low, '10.') and contains($low, '/')">DOI <xsl:value-of select="$value"/></xsl:when>
      <xsl:when test="starts-with($low, 'doi:10.')">DOI <xsl:value-of select="substring($value, 5)"/></xsl:when>
      <xsl:when test="starts-with(substring-after($low, '://'), 'doi.org/10.') or starts-with(substring-after($low, '://'), 'dx.doi.org/10.')
          or starts-with(substring-after($low, '://'), 'www.doi.org/10.')">
        <xsl:value-of select="concat('DOI 10.', substring-after($value, '/10.'))"/>
      </xsl:when>
      <xsl:when test="starts-with($low, 'hdl:')">Handle <xsl:value-of select="substring($value, 5)"/></xsl:when>
      <xsl:when test="starts-with(substring-after($low, '://'), 'hdl.handle.net/')">
        <xsl:value-of select="concat('Handle ', substring($value, string-length(substring-before($low, 'hdl.handle.net/')) + 16))"/>
      </xsl:when>
      <xsl:when test="starts-with($low, 'urn:')">URN <xsl:value-of select="$value"/></xsl:when>
      <xsl:when test="starts-with($low, 'ark:')">ARK <xsl:value-of select="$value"/></xsl:when>
      <xsl:when test="starts-with($low, 'arxiv:')">arXiv <xsl:value-of select="$value"/></xsl:when>
      <xsl:when test="starts-with($low, 'pmid:')">PMID <xsl:value-of select="substring($value, 6)"/></xsl:when>
      <xsl:when test="starts-with($low, 'issn:')">ISSN <xsl:value-of select="substring($value, 6)"/></xsl:when>
      <xsl:when test="starts-with($low, 'isbn:')">ISBN <xsl:value-of select="substring($value, 6)"/></xsl:when>
      <xsl:when test="$uri != ''">URL <xsl:value-of select="$uri"/></xsl:when>
    </xsl:choose>
  </xsl:template>

  <!-- rightsURI, and for a licence of Creative Commons its short name as SPDX has it: cc-by-4.0. -->
  <xsl:template name="rights-uri">
    <xsl:variable name="uri"><xsl:call-template name="uri"/></xsl:variable>
    <xsl:variable name="licence" select="substring-after($uri, '://creativecommons.org/licenses/')"/>
    <xsl:variable name="version" select="substring-before(concat(substring-after($licence, '/'), '/'), '/')"/>
    <xsl:if test="$uri != ''"><xsl:attribute name="rightsURI"><xsl:value-of select="$uri"/></xsl:attribute></xsl:if>
    <xsl:if test="translate($version, $digits, $nines) = '9.9'">
      <xsl:attribute name="rightsIdentifier"><xsl:value-of select="concat('cc-', substring-before($licence, '/'), '-', $version)"/></xsl:attribute>
      <xsl:attribute name="rightsIdentifierScheme">SPDX</xsl:attribute>
    </xsl:if>
  </xsl:template>

  <!-- What a table of qualifier=type has for the qualifier of this field, or nothing. -->
  <xsl:template name="of-table">
    <xsl:param name="table"/>
    <xsl:variable name="key" select="translate(@qualifier, concat($upper, ' ='), $lower)"/>
    <xsl:if test="$key">
      <xsl:variable name="rest" select="substring-after(concat(' ', normalize-space($table), ' '), concat(' ', $key, '='))"/>
      <xsl:value-of select="substring-before($rest, ' ')"/>
    </xsl:if>
  </xsl:template>

  <!-- The value if it is a web address or an info: URI that can stand where XML Schema wants a URI, else nothing. -->
  <xsl:template name="uri">
    <xsl:variable name="value" select="normalize-space()"/>
    <xsl:variable name="host" select="substring-before(translate(concat(substring-after($value, '://'), '/'), '?#', '//'), '/')"/>
    <xsl:variable name="port" select="substring-after($host, ':')"/>
    <xsl:variable name="name" select="substring-before(concat($host, ':'), ':')"/>
    <xsl:variable name="percent"><xsl:call-template name="percent"><xsl:with-param name="text" select="$value"/></xsl:call-template></xsl:variable>
    <xsl:if test="string-length($value) &lt; 2000 and translate($value, $of-a-uri, '') = '' and $percent = ''
        and not(contains(substring-after($value, '#'), '#'))
        and (starts-with($value, 'info:eu-repo/') or ((starts-with($value, 'http://') or starts-with($value, 'https://'))
          and $name != '' and translate($name, concat($upper, $lower, $digits, '.-'), '') = ''
          and string-length($port) &lt; 6 and translate($port, $digits, '') = '' and ($port != '' or $host = $name)))">
      <xsl:value-of select="$value"/>
    </xsl:if>
  </xsl:template>

  <!-- `no` when a percent sign is not followed by two hexadecimal digits. -->
  <xsl:template name="percent">
    <xsl:param name="text"/>
    <xsl:variable name="after" select="substring-after($text, '%')"/>
    <xsl:if test="contains($text, '%') and string-length($text) &lt; 2000">
      <xsl:choose>
        <xsl:when test="translate(substring($after, 1, 2), '123456789abcdefABCDEF', '000000000000000000000') != '00'">no</xsl:when>
        <xsl:otherwise><xsl:call-template name="percent"><xsl:with-param name="text" select="$after"/></xsl:call-template></xsl:otherwise>
      </xsl:choose>
    </xsl:if>
  </xsl:template>

  <xsl:template name="related">
    <xsl:param name="relation"/>
    <xsl:variable name="kind"><xsl:call-template name="kind"/></xsl:variable>
    <xsl:if test="$kind != ''">
      <relatedIdentifier relatedIdentifierType="{substring-before($kind, ' ')}" relationType="{$relation}">
        <xsl:value-of select="substring-after($kind, ' ')"/>
      </relatedIdentifier>
    </xsl:if>
  </xsl:template>

  <xsl:template name="institution">
    <xsl:param name="type"/>
    <xsl:param name="name"/>
    <xsl:if test="normalize-space($name)">
      <contributor contributorType="{$type}">
        <contributorName nameType="Organizational"><xsl:value-of select="normalize-space($name)"/></contributorName>
      </contributor>
    </xsl:if>
  </xsl:template>

  <!-- The year of issue; of an item that has no date of issue, that in which it became available. -->
  <xsl:template name="year">
    <xsl:param name="issued"/>
    <xsl:param name="available"/>
    <xsl:variable name="dates" select="$issued | $available[not($issued)]"/>
    <xsl:for-each select="$dates[translate(substring(concat(normalize-space(), '-'), 1, 5), $digits, $nines) = '9999-'][1]">
      <publicationYear><xsl:value-of select="substring(normalize-space(), 1, 4)"/></publicationYear>
    </xsl:for-each>
  </xsl:template>

  <!-- The first language, by two letters where ISO 639-1 has them: en, de, en-US, haw. dc.language.iso goes before. -->
  <xsl:template name="language">
    <xsl:param name="languages"/>
    <xsl:variable name="value" select="$languages[@qualifier='iso'] | $languages[not($languages[@qualifier='iso'])]"/>
    <xsl:variable name="tag"><xsl:call-template name="tag"><xsl:with-param name="value" select="$value[1]"/></xsl:call-template></xsl:variable>
    <xsl:if test="$tag != ''"><language><xsl:value-of select="$tag"/></language></xsl:if>
  </xsl:template>
</xsl:stylesheet>
